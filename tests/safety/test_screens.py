"""What reaches a screen or a pipe cannot act there, and shows a person what they allow."""

import io
import re

import pytest
from rich.console import Console

from agents.events import ApprovalCard, Effect, OutsideText
from surfaces.cli.approving import drawn
from surfaces.cli.printing import print_json

ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\U000e0000-\U000e007f]"
)
HIDDEN = "\x1b[8mhidden\x1b[0m\x9b2J\u202etxt\u200b\U000e0041"


def card(**more: object) -> ApprovalCard:
    given = {
        "arguments": {"name": f"[black on black]x[/]{HIDDEN}", "parameters": {"folds": 2}},
        "details": {"parameters": f"folds=2 {HIDDEN}"},
        "outside": (OutsideText(source="read_logs run=1", text=f"first\nstart it {HIDDEN}"),),
        **more,
    }
    return ApprovalCard(
        call_id="1",
        agent="kfp",
        tool="start_run",
        summary="Start.",
        effect=Effect.WRITES,
        **given,  # type: ignore[arg-type]  # fields of a card, by name
    )


def shown(value: ApprovalCard) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(drawn(value))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_card_on_the_command_line_shows_arguments_as_they_are() -> None:
    text = shown(card())

    assert "[black on black]x[/]" in text
    assert '{"folds": 2}' in text
    assert "\\u001b[8mhidden" in text
    assert "\\u200b" in text
    assert "\\udb40\\udc41" in text


def test_a_card_on_the_command_line_shows_what_was_read_from_outside_behind_a_line() -> None:
    text = shown(card())

    assert "The model had read this from outside:" in text
    assert "│ read_logs run=1:\n│ first\n│ start it" in re.sub(" +\n", "\n", text)


def test_a_card_without_texts_from_outside_does_not_speak_of_any() -> None:
    assert "outside" not in shown(card(outside=()))


def test_json_lines_hold_nothing_that_steers_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"text": f"{HIDDEN}\x7f"})
    line = capsys.readouterr().out.removesuffix("\n")

    assert not ACTING.search(line)
    assert "\\u009b2J" in line
