"""`recommend`: a toolchain for a project in words, settings or a folder."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.approval import Caller
from agents.events import Event
from core.errors import AssistantError, RequestError, SettingsError, UnavailableError
from core.settings import read_settings
from core.toolchains import Question, Recommendation
from surfaces.assembly import Assistant, assemble, describe_project, recorded_choices
from surfaces.cli.approving import approver
from surfaces.cli.calling import PERSON, parse_arguments
from surfaces.cli.printing import error_json, print_json, print_value

MOST_QUESTIONS = 5
SKIPPED = ("", "skip", "-")
_LISTS = ("data_types", "existing_tools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for beside the project."""

    as_json: bool = False
    ask: bool = False
    """Whether to ask for what is not known, one question at a time."""
    report: Path | None = None
    """Where to write a report; its ending says whether as Markdown or as HTML."""


def run_recommend(about: Sequence[str], wishes: Wishes) -> int:
    """Recommend and print."""
    try:
        value = asyncio.run(_recommendation(about, wishes))
    except AssistantError as error:
        if not wishes.as_json or isinstance(error, SettingsError):
            raise
        print_json(error_json(error))
        return 1
    if wishes.as_json:
        print_json(value)
    else:
        print_value(value)
    return 0


async def _recommendation(about: Sequence[str], wishes: Wishes) -> object:
    arguments = dict(arguments_told(about))
    assistant = assemble(read_settings())
    value = await _call(assistant, "recommend_toolchain", arguments)
    if wishes.ask:
        value = await _asking(assistant, arguments, value)
    if wishes.report is not None:
        await _write_report(assistant, wishes.report, value)
    return value


async def _asking(assistant: Assistant, arguments: dict[str, object], value: object) -> object:
    """Ask what would tell the most, at most five times; an empty answer skips a question."""
    skipped: set[str] = set()
    for number in range(1, MOST_QUESTIONS + 1):
        questions = await _questions(assistant, arguments, value)
        open_ones = [question for question in questions if question.fact not in skipped]
        if not open_ones:
            break
        answer = _answer(open_ones[0], number)
        if answer is None:
            break
        if answer in SKIPPED:
            skipped.add(open_ones[0].fact)
            continue
        fact = open_ones[0].fact
        try:
            told = {**arguments, fact: [answer] if fact in _LISTS else answer}
            value = await _call(assistant, "recommend_toolchain", told)
            arguments.update(told)
        except RequestError as error:
            sys.stderr.write(f"{error}\n")
            skipped.add(fact)
    return value


async def _questions(
    assistant: Assistant, arguments: Mapping[str, object], value: object
) -> Sequence[Question]:
    if isinstance(value, Recommendation):
        return value.questions
    # Nothing is known yet: with "no preference" as the cloud, every other question is open.
    first = await _call(assistant, "recommend_toolchain", {**arguments, "cloud": "none"})
    assert isinstance(first, Recommendation)
    return (_CLOUD, *first.questions)


_CLOUD = Question(
    fact="cloud",
    text="Where does it run: AWS, Azure, GCP or your own machines?",
    choices=("aws", "azure", "gcp", "on-prem", "none"),
    information=0.0,
)


def _answer(question: Question, number: int) -> str | None:
    """Ask on the terminal; None when there is nobody to answer."""
    sys.stderr.write(f"{number}. {question.text} (Enter skips) ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        return None
    return line.strip()


def arguments_told(about: Sequence[str]) -> Mapping[str, object]:
    """Return what is told in words together with what is written as name=value.

    Raises:
        RequestError: Words and values contradict each other.
    """
    words = [word for word in about if "=" not in word]
    folders = [word for word in words if Path(word).expanduser().is_dir()]
    rest = " ".join(word for word in words if word not in folders)
    told: dict[str, object] = dict(describe_project(rest)) if rest else {}
    if folders:
        told["project"] = folders[0]
    given = parse_arguments([word for word in about if "=" in word])
    for name in _LISTS:
        if isinstance(value := given.get(name), str):
            given[name] = [item.strip() for item in value.split(",") if item.strip()]
    for name in told.keys() & given.keys():
        if told[name] != given[name]:
            raise RequestError(
                f"The words say {name} {told[name]}, but {name}={given[name]} is given.",
                hint="Leave one of the two out.",
            )
    return {**told, **given}


def run_took(tool: str, slot: str, about: Sequence[str], *, yes: bool, as_json: bool) -> int:
    """Record which tool was really taken for a project."""
    facts = dict(arguments_told(about))
    folder = facts.pop("project", "")
    arguments = {"tool": tool, "slot": slot, "project": folder, "facts": facts}
    return _print(_called("record_choice", arguments, yes=yes), as_json=as_json)


def run_choices(*, as_json: bool) -> int:
    """List what was recorded."""
    return _print(_called("list_choices", {}), as_json=as_json)


def run_remove_choice(choice: str, *, yes: bool, as_json: bool) -> int:
    """Remove what was recorded."""
    return _print(_called("remove_choice", {"choice": choice}, yes=yes), as_json=as_json)


def run_retrain(*, as_json: bool) -> int:
    """Train the forest of this machine with what was recorded."""
    return _print(recorded_choices(read_settings()).retrain(), as_json=as_json)


def _print(value: object, *, as_json: bool) -> int:
    if as_json:
        print_json(value)
    else:
        print_value(value)
    return 0


def _called(tool: str, arguments: Mapping[str, object], *, yes: bool = False) -> object:
    assistant = assemble(read_settings())
    return asyncio.run(_call(assistant, tool, arguments, yes=yes))


async def _call(
    assistant: Assistant, tool: str, arguments: Mapping[str, object], *, yes: bool = False
) -> object:
    def ignore(event: Event) -> None:
        del event

    caller = Caller(agent=PERSON, approve=approver(yes=yes), notify=ignore)
    return await assistant.toolbox.call(tool, arguments, caller)


async def _write_report(assistant: Assistant, path: Path, value: object) -> None:
    """Write a recommendation and the platform tables as a file.

    Raises:
        RequestError: The file is of another kind, is there already, or nothing was recommended.
        UnavailableError: It cannot be written.
    """
    from core.platforms import PlatformComparison
    from surfaces.rendering.toolchain_report import report

    kind = path.suffix.lower()
    if kind not in (".md", ".html"):
        raise RequestError(
            f"A report cannot be a {kind or 'plain'} file.", hint="Take .md or .html."
        )
    if not isinstance(value, Recommendation):
        raise RequestError(
            "Nothing is known of the project, so there is nothing to report.",
            hint="Describe it, name its folder, or add --ask.",
        )
    tables = await _call(assistant, "compare_platforms", {})
    assert isinstance(tables, PlatformComparison)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(report(value, tables, as_html=kind == ".html"))
    except FileExistsError as error:
        raise RequestError(
            f"{path} is there already, and nothing is overwritten.", hint="Name another file."
        ) from error
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {error.strerror}.") from error
    sys.stderr.write(f"The report is in {path}.\n")
