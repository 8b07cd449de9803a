"""A stand-in for a Kubeflow Pipelines cluster, over real HTTP, with faults on demand."""

import json
import re
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import kfp_server_api as api
from kubeflow_lists import STATUS_OF, UNKNOWN_CALLER, ApiError, Asked, Listing
from kubeflow_state import KubeflowState

SLOW_SECONDS = 10
"""How long a slow answer waits if nobody ends the server before."""
_API = "/apis/v2beta1"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with a request instead of its answer."""

    status: int = 200
    body: str = ""
    kind: str = "application/json"
    slow: bool = False
    half: bool = False
    """Whether only the first half of the answer is sent."""
    only: str = ""
    """A pattern of the paths it is for; all if empty."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def model(self, kind: str) -> Any:
        """Return the body as one of the API's models."""
        answer = type("Answer", (), {"data": self.body})()
        return _CLIENT.deserialize(answer, kind)

    @property
    def asked(self) -> Asked:
        """The query of a list."""
        query = self.query
        return Asked(
            filter=query.get("filter", ""),
            sort_by=query.get("sort_by", ""),
            page_size=int(query.get("page_size", 0)),
            page_token=query.get("page_token", ""),
        )

    @property
    def file(self) -> bytes:
        """The uploaded file."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + self.body)
        content = message.get_payload()[0].get_payload(decode=True)  # type: ignore[union-attr]  # a form has parts
        assert isinstance(content, bytes)
        return content


_CLIENT = api.ApiClient(api.Configuration(host=""))

Answer = Callable[[KubeflowState, Request, Sequence[str]], Any]


@dataclass
class KubeflowServer:
    """The server of a state; keeps what it was asked."""

    state: KubeflowState
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    """Used up one by one."""
    requests: list[Request] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self, path: str) -> Fault | None:
        """Return the fault for a request and use it up."""
        for fault in self.faults:
            if re.search(fault.only, path):
                self.faults.remove(fault)
                return fault
        return None


@contextmanager
def kubeflow_server(
    state: KubeflowState | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[KubeflowServer]:
    """Serve a state on a free port until the block ends."""
    kept = KubeflowServer(state=state or KubeflowState())
    server = _Server(("127.0.0.1", 0), partial(_Handler, kept))
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    kept.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    try:
        yield kept
    finally:
        kept.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about callers that do not trust the certificate."""
        if not isinstance(sys.exception(), ssl.SSLError | ConnectionError):
            super().handle_error(request, client_address)


def _page(listing: Listing, kind: type, name: str) -> Any:
    return kind(
        **{name: list(listing.items)},
        total_size=listing.total,
        next_page_token=listing.next_page_token,
    )


ROUTES: Sequence[tuple[str, str, Answer]] = (
    ("GET", "/healthz", lambda state, *_: state.healthz()),
    (
        "GET",
        "/runs",
        lambda state, request, _: _page(
            state.list_runs(request.asked, request.query.get("experiment_id", "")),
            api.V2beta1ListRunsResponse,
            "runs",
        ),
    ),
    ("POST", "/runs", lambda state, request, _: state.create_run(request.model("V2beta1Run"))),
    ("GET", "/runs/([^/:]+)", lambda state, _, parts: state.get_run(parts[0])),
    ("POST", r"/runs/([^/:]+):(\w+)", lambda state, _, parts: state.change_run(*parts)),
    ("DELETE", "/runs/([^/:]+)", lambda state, _, parts: state.change_run(parts[0], "delete")),
    (
        "GET",
        "/experiments",
        lambda state, request, _: _page(
            state.list_experiments(request.asked), api.V2beta1ListExperimentsResponse, "experiments"
        ),
    ),
    (
        "POST",
        "/experiments",
        lambda state, request, _: state.create_experiment(request.model("V2beta1Experiment")),
    ),
    (
        "GET",
        "/experiments/([^/:]+)",
        lambda state, _, parts: state.found(state.experiments, parts[0], "Experiment"),
    ),
    (
        "GET",
        "/pipelines",
        lambda state, request, _: _page(
            state.list_pipelines(request.asked), api.V2beta1ListPipelinesResponse, "pipelines"
        ),
    ),
    (
        "POST",
        "/pipelines",
        lambda state, request, _: state.create_pipeline(request.model("V2beta1Pipeline")),
    ),
    ("GET", "/pipelines/names/([^/]+)", lambda state, _, parts: state.pipeline_named(parts[0])),
    (
        "POST",
        "/pipelines/upload_version",
        lambda state, request, _: state.upload_version(
            request.query["pipelineid"], request.query["name"], request.file
        ),
    ),
    (
        "GET",
        "/pipelines/([^/:]+)",
        lambda state, _, parts: state.found(state.pipelines, parts[0], "Pipeline"),
    ),
    (
        "GET",
        "/pipelines/([^/:]+)/versions",
        lambda state, request, parts: _page(
            state.list_versions(parts[0], request.asked),
            api.V2beta1ListPipelineVersionsResponse,
            "pipeline_versions",
        ),
    ),
    (
        "GET",
        "/pipelines/([^/:]+)/versions/([^/:]+)",
        lambda state, _, parts: state.found(state.versions, parts[1], "PipelineVersion"),
    ),
    (
        "GET",
        "/recurringruns",
        lambda state, request, _: _page(
            state.list_recurring(request.asked),
            api.V2beta1ListRecurringRunsResponse,
            "recurring_runs",
        ),
    ),
    (
        "POST",
        "/recurringruns",
        lambda state, request, _: state.create_recurring(request.model("V2beta1RecurringRun")),
    ),
    (
        "GET",
        "/recurringruns/([^/:]+)",
        lambda state, _, parts: state.found(state.recurring, parts[0], "Recurring run"),
    ),
    (
        "POST",
        r"/recurringruns/([^/:]+):(\w+)",
        lambda state, _, parts: state.change_recurring(*parts),
    ),
    (
        "DELETE",
        "/recurringruns/([^/:]+)",
        lambda state, _, parts: state.change_recurring(parts[0], "delete"),
    ),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this, small writes wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def __init__(self, server: KubeflowServer, *args: Any) -> None:
        self._kept = server
        super().__init__(*args)

    def handle(self) -> None:
        # A client that waited long enough closes the connection; that is no fault of the server's.
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's
        """Keep quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=unquote(parts.path),
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length") or 0)),
        )
        with self._kept.lock:
            self._kept.requests.append(request)
            fault = self._kept.next_fault(request.path)
        if fault and fault.slow:
            self._kept.closing.wait(SLOW_SECONDS)
            self.close_connection = True
        elif fault and not fault.half:
            self._send(fault.status, fault.body.encode(), fault.kind)
        else:
            status, content, kind = self._real(request)
            self._send(status, content, kind, half=fault is not None)

    def _real(self, request: Request) -> tuple[int, bytes, str]:
        with self._kept.lock:
            try:
                answer = self._answered(request)
            except ApiError as error:
                return STATUS_OF[error.code], error_body(error), "application/json"
            if isinstance(answer, str):
                return 200, answer.encode(), "text/plain"
            content = json.dumps(_CLIENT.sanitize_for_serialization(answer))
            return 200, content.encode(), "application/json"

    def _answered(self, request: Request) -> Any:
        state = self._kept.state
        if state.token and request.headers.get("authorization") != f"Bearer {state.token}":
            raise ApiError(UNKNOWN_CALLER, "Unauthenticated: the request has no valid identity")
        if request.path == "/apis/v1beta1/healthz":
            return json.dumps({"tag_name": state.release, "multi_user": False})
        log = re.fullmatch("/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log", request.path)
        if log:
            return state.log(*log.groups())
        for method, pattern, answer in ROUTES:
            found = re.fullmatch(_API + pattern, request.path)
            if found and method == request.method:
                return answer(state, request, found.groups())
        raise ApiError(5, "Not Found")

    def _send(self, status: int, content: bytes, kind: str, *, half: bool = False) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if half:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)


def error_body(error: ApiError) -> bytes:
    """Return an error as the API words it."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.Status",
        "code": error.code,
        "message": error.message,
    }
    body = {
        "error": error.message,
        "code": error.code,
        "message": error.message,
        "details": [detail],
    }
    return json.dumps(body).encode()
