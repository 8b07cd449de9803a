"""A conversation becomes a file: from what a person says to the card and what is written."""

import asyncio
import json
from pathlib import Path

import pytest

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event, ToolFinished, TurnFinished
from core.errors import AssistantError, RequestError
from core.exports import ExportedSession, ExportFormat
from core.settings import Settings
from surfaces.assembly import Assistant, assemble
from surfaces.scripting import ScriptedAssistant

SECRET = "canary-0123456789abcdefghijklmn"


@pytest.fixture
def assistant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    monkeypatch.chdir(tmp_path)
    Path("june.csv").write_text("phase,days\ndesign,30\n")
    return assemble(Settings(home=tmp_path / "home"), secrets=(SECRET,))


class Person:
    """Says what is to be done, and answers every card."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.session = assistant.session()
        self.answer = Answer.ALLOW
        self.cards: list[ApprovalCard] = []
        self.told: list[Event] = []

    async def approve(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=self.answer)

    async def says(self, text: str) -> str:
        events = [event async for event in self.session.ask(text, self.approve)]
        self.told += events
        return next(event.answer for event in events if isinstance(event, TurnFinished))

    async def calls(self, tool: str, /, **arguments: object) -> object:
        caller = Caller("minio", self.approve, self.told.append, self.session.id)
        return await self.assistant.toolbox.call(tool, arguments, caller)

    @property
    def exported(self) -> ExportedSession:
        values = [event.value for event in self.told if isinstance(event, ToolFinished)]
        return next(value for value in reversed(values) if isinstance(value, ExportedSession))


async def test_what_was_done_is_saved_in_the_persons_words_and_shown_before(
    assistant: Assistant, tmp_path: Path
) -> None:
    person = Person(assistant)
    await person.says("create a bucket called reports")
    await person.says("upload ./june.csv to reports")
    person.answer = Answer.REJECT
    await person.says("create a bucket called other-reports")
    person.answer = Answer.ALLOW
    await person.says("what buckets are there?")
    answer = await person.says("save what we did as a bash script, steps.sh")

    assert (tmp_path / "steps.sh").read_text().partition("set -euo pipefail\n")[2] == (
        "\n"
        "# “create a bucket called reports”\n"
        "mlops-swarm tool create_bucket bucket=reports --yes\n"
        "\n"
        "# “upload ./june.csv to reports”\n"
        "mlops-swarm tool upload_object path=./june.csv bucket=reports --yes\n"
        "\n"
        "# “what buckets are there?”\n"
        "mlops-swarm tool list_buckets\n"
    )
    assert (tmp_path / "steps.sh").stat().st_mode & 0o777 == 0o755
    card = person.cards[-1]
    assert dict(card.arguments) == {"path": "steps.sh", "format": "bash"}
    size = (tmp_path / "steps.sh").stat().st_size
    assert dict(card.details) == {
        "writes": f"{tmp_path}/steps.sh, {size} B, bash",
        "conversation": f"create a bucket called reports ({person.session.id})",
        "steps": "1. create_bucket bucket=reports (changes)\n"
        "2. upload_object path=./june.csv bucket=reports (changes)\n"
        "3. list_buckets",
        "leaves out": "1 call: rejected",
    }
    assert answer == (
        f"What we did is a Bash script now, `{tmp_path}/steps.sh`, with 2 changes and 1 read:"
        " `create_bucket`, `upload_object`, `list_buckets`.\n\nNot in it: 1 call: rejected.\n\n"
        f"`bash {tmp_path}/steps.sh` does it again."
    )


async def test_a_file_without_a_name_is_asked_for(assistant: Assistant, tmp_path: Path) -> None:
    person = Person(assistant)
    await person.says("create a bucket called reports")

    asked = await person.says("export this session as a notebook")
    assert asked == "Into which file shall I write it, for example `steps.ipynb`?"
    await person.says("work.ipynb")

    assert person.exported.format is ExportFormat.NOTEBOOK
    assert json.loads((tmp_path / "work.ipynb").read_text())["nbformat"] == 4


async def test_a_rejected_export_writes_nothing(assistant: Assistant, tmp_path: Path) -> None:
    person = Person(assistant)
    await person.says("create a bucket called reports")
    person.answer = Answer.REJECT
    await person.says("export the session to again.py")

    assert [card.tool for card in person.cards] == ["create_bucket", "export_session"]
    assert not (tmp_path / "again.py").exists()


async def test_a_file_that_is_there_is_named_as_replaced(
    assistant: Assistant, tmp_path: Path
) -> None:
    person = Person(assistant)
    await person.calls("create_bucket", bucket="reports")
    (tmp_path / "again.py").write_text("mine = 1\n")

    value = await person.calls("export_session", path="again.py")

    replaces = person.cards[-1].details["REPLACES"]
    assert replaces.startswith("again.py, 9 B, changed 20")
    assert replaces.endswith(" UTC: what is in it now is lost")
    assert isinstance(value, ExportedSession)
    assert value.replaced
    assert 'call("create_bucket", bucket="reports")' in (tmp_path / "again.py").read_text()


async def test_a_file_that_came_after_the_card_is_not_replaced(
    assistant: Assistant, tmp_path: Path
) -> None:
    person = Person(assistant)
    await person.calls("create_bucket", bucket="reports")

    async def approve(card: ApprovalCard) -> Decision:
        (tmp_path / "again.py").write_text("mine = 1\n")
        return await person.approve(card)

    caller = Caller("toolchain", approve, person.told.append, person.session.id)
    with pytest.raises(RequestError, match="changed after it was shown; nothing was written"):
        await assistant.toolbox.call("export_session", {"path": "again.py"}, caller)
    assert (tmp_path / "again.py").read_text() == "mine = 1\n"


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            {"path": "steps.sh"},
            "steps.sh is the name of a file for bash, and the format is python.",
            "Give format=bash, or a name that ends in .py.",
        ),
        (
            {"path": "steps.py", "format": "perl"},
            "'perl' is no format.",
            "The formats: python, bash, notebook, github-actions.",
        ),
        ({"path": "."}, ". is a folder.", "Name a file: ./steps.py"),
        ({"path": " "}, "The file has no name.", "Give one: path=steps.py."),
    ],
)
async def test_a_file_that_cannot_be_meant_is_refused_before_the_card(
    assistant: Assistant, arguments: dict[str, object], error: str, hint: str
) -> None:
    person = Person(assistant)
    await person.calls("create_bucket", bucket="reports")
    person.cards.clear()

    with pytest.raises(RequestError) as refused:
        await person.calls("export_session", **arguments)

    assert (refused.value.message, refused.value.hint, person.cards) == (error, hint, [])


async def test_a_conversation_in_which_nothing_was_done_makes_no_script(
    assistant: Assistant,
) -> None:
    person = Person(assistant)
    other = Person(assistant)
    await other.calls("create_bucket", bucket="of-another")
    with pytest.raises(AssistantError):
        await person.calls("create_bucket", bucket="no good name!")

    with pytest.raises(RequestError, match="Nothing was carried out in this conversation yet"):
        await person.calls("export_session", path="steps.py")


async def test_no_secret_reaches_the_file(assistant: Assistant, tmp_path: Path) -> None:
    person = Person(assistant)
    about = f"by {SECRET} password=hunter22222, token=abcdef1234567890"
    await person.calls("create_experiment", name="spring", description=about)
    await person.says(f"what buckets are there? my key is {SECRET}")

    for name in ("steps.py", "steps.sh", "steps.ipynb", "steps.yml"):
        said = {"py": "python", "sh": "bash", "ipynb": "notebook", "yml": "github-actions"}
        await person.calls("export_session", path=name, format=said[name.rpartition(".")[2]])
        text = (tmp_path / name).read_text()
        assert "create_experiment" in text
        assert [s for s in (SECRET, "hunter22222", "abcdef1234567890") if s in text] == []


async def test_a_folder_that_is_not_there_is_made_and_named(
    assistant: Assistant, tmp_path: Path
) -> None:
    person = Person(assistant)
    await person.calls("create_bucket", bucket="reports")

    value = await person.calls(
        "export_session", path=".github/workflows/again.yml", format="GitHub Actions"
    )

    assert person.cards[-1].details["creates"] == f"the folder {tmp_path}/.github/workflows"
    assert isinstance(value, ExportedSession)
    assert value.how == "commit it, then start it under Actions"


def test_a_program_calls_tools_also_where_a_loop_is_running(assistant: Assistant) -> None:
    program = ScriptedAssistant(assistant, allow_changes=True)

    async def cell() -> str:
        return str(program.call("create_bucket", bucket="reports").name)

    assert asyncio.run(cell()) == "reports"


def test_a_program_that_may_not_change_anything_is_told_so(assistant: Assistant) -> None:
    program = ScriptedAssistant(assistant)

    with pytest.raises(RequestError) as refused:
        program.call("create_bucket", bucket="reports")

    assert refused.value.message == "create_bucket changes something, and this program may not."
    assert refused.value.hint == "Open the assistant with allow_changes=True."
