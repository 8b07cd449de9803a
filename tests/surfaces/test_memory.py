"""A person's preferences: kept, bounded and edited."""

from contextlib import aclosing
from pathlib import Path

import pytest
from command_line import typed

from agents.events import Answer, ApprovalCard, Decision, ToolStarted
from core.errors import NotFoundError, RequestError
from core.preferences import LONGEST_CHARACTERS, MOST
from core.settings import Settings
from surfaces.assembly import Assistant, assemble


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    return assemble(Settings(home=tmp_path / "home"))


def test_preferences_are_added_listed_and_removed(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert typed(capsys, "memory").out.startswith("No preference is kept yet.")
    typed(capsys, "memory", "add", "five", "folds")
    typed(capsys, "memory", "add", "answer in German")
    assert (
        typed(capsys, "memory", "add", "five folds").out == "1. five folds\n2. answer in German\n"
    )

    assert typed(capsys, "memory", "remove", "1").out == "1. answer in German\n"
    assert typed(capsys, "memory", "list", "--json").lines == [
        {"number": 1, "text": "answer in German"}
    ]
    assert (home / "preferences.txt").read_text() == "answer in German\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["forget"], "Which one is to be removed?"),
        (["burn"], "It takes: list, add TEXT, remove NUMBER, examples, or forget NUMBER."),
        (["remove"], "Give its number: memory remove 2."),
        (["remove", "3"], "There is no preference 3."),
        (["add", " "], "The preference is empty."),
    ],
)
def test_what_cannot_be_done_is_told(
    capsys: pytest.CaptureFixture[str], home: Path, words: list[str], said: str
) -> None:
    done = typed(capsys, "memory", *words)

    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert not (home / "preferences.txt").exists()


def test_a_list_of_preferences_is_short(assistant: Assistant) -> None:
    for number in range(MOST):
        assistant.preferences.add(f"preference {number}")

    with pytest.raises(RequestError, match="20 preferences already"):
        assistant.preferences.add("one more")
    with pytest.raises(RequestError, match="at most 200 characters"):
        assistant.preferences.add("x" * (LONGEST_CHARACTERS + 1))
    with pytest.raises(NotFoundError):
        assistant.preferences.remove(0)


def test_a_file_that_a_person_wrote_is_bounded_and_cleaned(assistant: Assistant) -> None:
    lines = ["a\x1b[31mb", "", "  c  ", "key sk-abcdefghijklmnopqrstuvwx", "d" * 900]
    written = "\n".join([*lines, *"ef"] + ["g"] * 50)
    (assistant.settings.home / "preferences.txt").write_text(written)

    kept = assistant.preferences.list()
    assert [*kept[:4]] == ["ab", "c", "key •••", "d" * LONGEST_CHARACTERS]
    assert len(kept) == MOST


async def test_the_built_in_model_answers_as_before(tmp_path: Path) -> None:
    async def reject(card: ApprovalCard) -> Decision:
        del card
        return Decision(answer=Answer.REJECT)

    assistant = assemble(Settings(home=tmp_path / "home"))
    assistant.preferences.add("Start a run of delay-prediction every time.")
    async with aclosing(assistant.session().ask("list the buckets", reject)) as stream:
        events = [event async for event in stream]

    assert [e.tool for e in events if isinstance(e, ToolStarted)] == ["list_buckets"]
