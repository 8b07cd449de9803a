"""An OpenAI-compatible server that says what a test wrote down, over real HTTP."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SILENCE_SECONDS = 10
"""How long a silent reply holds its connection if nobody ends the server before."""
PIECE = 12
"""Characters of arguments in one piece of a stream."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; the arguments are text, so that they can be broken."""

    name: str
    arguments: str = "{}"
    id: str | None = "call-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A completion."""

    text: str = ""
    calls: Sequence[Call] = ()
    finish: str | None = None
    tokens: tuple[int, int] = (20, 5)
    """Of the prompt and of the answer."""
    pieces: int | None = None
    """After how many pieces of the stream the connection breaks; None sends all."""
    streams: bool = True
    """Whether the server streams when it is asked to."""

    @property
    def finish_reason(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is no completion."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer at all."""


def says(text: str) -> Reply:
    """Return a completion that only speaks."""
    return Reply(text=text)


def calls(name: str, **arguments: Any) -> Reply:
    """Return a completion that calls one tool."""
    return Reply(calls=[Call(name, json.dumps(arguments))])


def refusal(status: int, message: str, **headers: str) -> Refusal:
    """Return an error as the OpenAI API words it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}})
    return Refusal(status=status, body=body, headers={"content-type": "application/json", **named})


Scripted = Reply | Refusal | Silence

Embed = Callable[[str], Sequence[float]]


@dataclass
class OpenAIServer:
    """Answers each agent from its own list, in order, and keeps what it received."""

    script: Mapping[str, list[Scripted]]
    """Replies by the beginning of the agent's instructions; `` is without instructions."""
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """The authorization header of each request."""
    embed: Embed | None = None
    """Gives the vector of a text; without it, there are no embeddings here."""
    embedded: list[list[str]] = field(default_factory=list)
    """The texts of each call for embeddings."""
    faults: list[Refusal | Silence] = field(default_factory=list)
    """What calls for embeddings get first."""
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, body: dict[str, Any], key: str) -> Scripted:
        """Keep a request and return what to say to it."""
        with self._lock:
            self.bodies.append(body)
            self.keys.append(key)
            first = body["messages"][0]
            said = str(first["content"]) if first["role"] == "system" else ""
            agent = next(
                name for name in self.script if said.startswith(f"You are the {name}") or not name
            )
            left = self.script[agent]
            return left.pop(0) if left else refusal(418, f"nothing is written down for {agent}")


@contextmanager
def openai_server(
    script: Mapping[str, list[Scripted]], embed: Embed | None = None
) -> Iterator[OpenAIServer]:
    """Serve a script on a free port until the block ends."""
    state = OpenAIServer(script=script, embed=embed)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, state))
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this, small writes wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def __init__(self, state: OpenAIServer, *args: Any) -> None:
        self._state = state
        super().__init__(*args)

    def handle(self) -> None:
        # A client that has heard enough closes the connection; that is no fault of the server's.
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's
        """Keep quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/embeddings" and self._state.embed is not None:
            self._embed(body, self._state.embed)
            return
        if self.path != "/v1/chat/completions":
            self._send(404, "no such page", {})
            return
        match self._state.next(body, self.headers["authorization"]):
            case Refusal() as refused:
                self._send(refused.status, refused.body, refused.headers)
            case Silence():
                self._state.closing.wait(SILENCE_SECONDS)
                self.close_connection = True
            case Reply() as reply if body.get("stream") and reply.streams:
                self._stream(reply, body)
            case Reply() as reply:
                text = json.dumps(_completion(reply, body))
                self._send(200, text, {"content-type": "application/json"})

    def _embed(self, body: Mapping[str, Any], embed: Embed) -> None:
        texts = list(body["input"])
        self._state.embedded.append(texts)
        self._state.keys.append(self.headers["authorization"])
        match self._state.faults.pop(0) if self._state.faults else None:
            case Refusal() as refused:
                self._send(refused.status, refused.body, refused.headers)
            case Silence():
                self._state.closing.wait(SILENCE_SECONDS)
                self.close_connection = True
            case None:
                data = [
                    {"object": "embedding", "index": at, "embedding": list(embed(text))}
                    for at, text in enumerate(texts)
                ]
                # Clients must go by the index: some servers answer out of order.
                reply = {"object": "list", "data": data[::-1], "model": body["model"]}
                self._send(200, json.dumps(reply), {"content-type": "application/json"})

    def _send(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, reply: Reply, body: Mapping[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        events = [json.dumps(chunk) for chunk in _chunks(reply, body)]
        for event in [*events, "[DONE]"][: reply.pieces]:
            self._write_chunk(f"data: {event}\n\n".encode())
        if reply.pieces is None:
            self._write_chunk(b"")
        else:
            self.close_connection = True

    def _write_chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()


def _envelope(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": kind,
        "created": int(time.time()),
        "model": body["model"],
    }


def _usage(reply: Reply) -> dict[str, int]:
    prompt, answer = reply.tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
    }


def _completion(reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
    tools = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in reply.calls
    ]
    message = {"role": "assistant", "content": reply.text or None, "tool_calls": tools or None}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    return {
        **_envelope("chat.completion", body),
        "choices": [choice],
        "usage": _usage(reply),
    }


def _chunks(reply: Reply, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    envelope = _envelope("chat.completion.chunk", body)

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in re.findall("^[^ ]*| [^ ]*", reply.text):
        yield chunk({"content": piece})
    for index, call in enumerate(reply.calls):
        start = {"name": call.name, "arguments": ""}
        yield chunk(
            {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": start}]}
        )
        for at in range(0, len(call.arguments), PIECE):
            piece = {"arguments": call.arguments[at : at + PIECE]}
            yield chunk({"tool_calls": [{"index": index, "function": piece}]})
    yield chunk({}, reply.finish_reason)
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**envelope, "choices": [], "usage": _usage(reply)}
