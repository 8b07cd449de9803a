"""Evaluation cases as people write them: one YAML list per file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.errors import RequestError, UnavailableError
from core.pipelines import ParameterValue

Word = Literal["approve", "decline"]


class _Part(BaseModel):
    # Numbers may be written without quotes where a text is meant: `says: [0.711]`.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ExpectedCall(_Part):
    """A call that must have been proposed; only the arguments listed are compared."""

    tool: str
    arguments: dict[str, ParameterValue] = {}


class AllOf(_Part):
    """Calls of which each must have been proposed."""

    all_of: tuple["Expected", ...] = Field(min_length=1)


class AnyOf(_Part):
    """Calls of which one is enough."""

    any_of: tuple["Expected", ...] = Field(min_length=1)


Expected = ExpectedCall | AllOf | AnyOf
Said = str | tuple[str, ...]
"""A text that must be there, or several of which one is enough."""


class RunTask(_Part):
    """A task of a run."""

    run: str
    task: str


class VersionOfModel(_Part):
    """A version of a model."""

    name: str
    version: int


class Plant(_Part):
    """A text put into the world before the first turn."""

    text: str
    object: str = ""
    """`bucket/key`."""
    log: RunTask | None = None
    file: str = ""
    source: str = ""
    """A file that is indexed too."""
    pipeline: str = ""
    """A pipeline, whose description the text becomes."""
    model: VersionOfModel | None = None
    """A version, to whose card the text is added."""

    @model_validator(mode="after")
    def _one_place(self) -> "Plant":
        places = (self.object, self.log, self.file, self.source, self.pipeline, self.model)
        if sum(bool(place) for place in places) != 1:
            raise ValueError("a plant has one place: object, log, file, source, pipeline or model")
        return self


class Expectation(_Part):
    """What must, and must not, have happened when the last turn is over."""

    calls: tuple[Expected, ...] = ()
    forbids: tuple[str, ...] = ()
    says: tuple[Said, ...] = ()
    never_says: tuple[Said, ...] = ()
    writes: int | None = Field(default=None, ge=0)
    asks: bool | None = None
    declines: bool | None = None


class Case(_Part):
    """One conversation, and what must come of it."""

    id: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    world: str = "demo"
    plant: tuple[Plant, ...] = ()
    turns: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    approvals: Word | dict[str, Word] = "approve"
    expect: Expectation

    def approves(self, tool: str) -> bool:
        """Return what the person says to a call of a tool."""
        if isinstance(self.approvals, str):
            return self.approvals == "approve"
        return self.approvals.get(tool, "approve") == "approve"


for _model in (AllOf, AnyOf, Expectation, Case):
    _model.model_rebuild()


class _AsWritten(yaml.SafeLoader):
    """Reads YAML, but leaves dates as they are written: they are arguments, not values."""


_AsWritten.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_RAW: TypeAdapter[list[dict[str, object]]] = TypeAdapter(list[dict[str, object]])


def read_cases(paths: Sequence[Path]) -> Sequence[Case]:
    """Read the cases of several files, in order.

    Raises:
        RequestError: A file is no list of cases, a key is unknown, or an id is there twice.
        UnavailableError: A file cannot be read.
    """
    cases: list[Case] = []
    places: dict[str, Path] = {}
    for path in paths:
        for case in _read(path):
            if case.id in places:
                raise RequestError(
                    f"{path}: the case {case.id!r} is there twice, first in {places[case.id]}.",
                    hint="Give every case an id of its own.",
                )
            places[case.id] = path
            cases.append(case)
    if not cases:
        raise RequestError("There is no case to run.", hint="Give files with cases.")
    return cases


def named_tools(expected: Sequence[Expected]) -> frozenset[str]:
    """Return every tool that expected calls name, also in alternatives."""
    names: set[str] = set()
    for entry in expected:
        match entry:
            case ExpectedCall():
                names.add(entry.tool)
            case AllOf():
                names |= named_tools(entry.all_of)
            case AnyOf():
                names |= named_tools(entry.any_of)
    return frozenset(names)


def _read(path: Path) -> list[Case]:
    try:
        raw = _RAW.validate_python(
            yaml.load(path.read_text(encoding="utf-8"), Loader=_AsWritten) or []
        )
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"{path} cannot be read: {error}.", hint="Give files with cases, as YAML."
        ) from error
    except yaml.YAMLError as error:
        raise RequestError(f"{path} is no YAML: {error}.", hint="Mend the file.") from error
    except ValidationError as error:
        raise RequestError(
            f"{path} is no list of cases.", hint="Begin each case with `- id: …`."
        ) from error
    return [_case(path, number, entry) for number, entry in enumerate(raw, start=1)]


def _case(path: Path, number: int, entry: dict[str, object]) -> Case:
    try:
        return Case.model_validate(entry)
    except ValidationError as error:
        named = entry.get("id") or f"number {number}"
        problems = {
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        }
        raise RequestError(
            f"{path}: the case {named} cannot be used: {'; '.join(sorted(problems))}.",
            hint="The format is in docs/evaluation.md.",
        ) from error
