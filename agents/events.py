"""What happens in a turn, as the surfaces are told it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.runs import Run


class Effect(StrEnum):
    """What calling a tool does to the world."""

    READS = "reads"
    WRITES = "writes"
    DESTROYS = "destroys"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """The Swarm Agent gave a part of the request to a specialist."""

    agent: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    """A specialist called a tool."""

    call_id: str
    agent: str
    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCard:
    """Exactly what will happen if the person allows it."""

    call_id: str
    agent: str
    tool: str
    summary: str
    arguments: Mapping[str, object]
    effect: Effect
    details: Mapping[str, str] = field(default_factory=dict)
    """What it touches, how long it takes, what differs from last time; by label."""
    problem: str = ""
    """Why the arguments that were edited cannot be used; the card is then shown again."""
    outside: tuple["OutsideText", ...] = ()
    """Texts from outside that the model had read when it proposed the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideText:
    """The beginning of a text that came from outside: a log, an object, a document."""

    source: str
    """The call that brought it: `read_logs run=7f3a1c52`."""
    text: str


class Answer(StrEnum):
    """What a person can say to an approval card."""

    ALLOW = "allow"
    ALWAYS = "always"
    """Allow, and do not ask again about this tool in this conversation."""
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the person said to an approval card."""

    answer: Answer
    arguments: Mapping[str, object] | None = None
    """The arguments as the person edited them; None leaves them as they are."""
    word: str = ""
    """A word to the model with a rejection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided:
    """The person allowed or rejected a call."""

    call_id: str
    tool: str
    arguments: Mapping[str, object]
    decision: str
    """`allow`, `edit`, `always` or `reject`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolProgressed:
    """A tool that moves bytes is some way further."""

    call_id: str
    agent: str
    tool: str
    done: int
    """Bytes moved so far."""
    total: int
    """Bytes in all."""
    rate: float
    """Bytes a second, since it began."""

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at this rate; None where nothing moves."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished:
    """A tool answered, or said why it could not."""

    call_id: str
    agent: str
    tool: str
    ok: bool
    value: object
    """The domain value; None when `ok` is false."""
    error: str = ""
    hint: str = ""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextArrived:
    """A piece of the answer; pieces of one message share its id and come in order."""

    text: str
    agent: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """A run that was watched has ended."""

    run: Run
    request: str = ""
    """What the person wanted to know when it ends, if anything; its turn follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFinished:
    """Nothing more comes in this turn."""

    answer: str
    """Everything that was said, in order, as Markdown."""
    model_calls: int
    tokens: int
    seconds: float
    stopped: str = ""
    """Why the turn ended early: `canceled`, a limit, or an error in words."""
    unverified: tuple[str, ...] = ()
    """Numbers, ids and links of the answer that no tool's result holds."""


Event = (
    HandOff
    | ToolStarted
    | ToolProgressed
    | ApprovalDecided
    | ToolFinished
    | TextArrived
    | RunEnded
    | TurnFinished
)
