"""An address on this machine that hears alerts: taken, and then refused."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Listening(BaseHTTPRequestHandler):
    heard: list[dict[str, object]]
    status = 200

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.heard.append(json.loads(self.rfile.read(length)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        del args


@pytest.fixture(params=[200, 500])
def webhook(request: pytest.FixtureRequest) -> Iterator[tuple[str, type[Listening]]]:
    handler = type("Handler", (Listening,), {"heard": [], "status": request.param})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", handler
    server.shutdown()
    server.server_close()
