from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from driven_terminal import answers, send, terminal, until
from scripted_terminal import ScriptedAssistant
from textual.pilot import Pilot

from core.errors import RequestError
from surfaces.tui.app import SwarmApp
from surfaces.tui.approval import ApprovalView, ArgumentsEditor
from surfaces.tui.arguments import as_lines, from_lines
from surfaces.words import clean


@asynccontextmanager
async def card_shown(
    home: Path,
) -> AsyncIterator[tuple[SwarmApp, Pilot[None], ScriptedAssistant, ApprovalView]]:
    async with terminal(home) as (app, pilot, assistant):
        await send(app, pilot, "start it")
        await until(pilot, lambda: app.query(ApprovalView))
        card = app.query_one(ApprovalView)
        await until(pilot, lambda: card.has_focus and card.listens)
        yield app, pilot, assistant, card


def drawn(card: ApprovalView) -> str:
    return "\n".join(
        str(strip.text)
        for strip in card.query_one(".what").render_lines(card.query_one(".what").size.region)
    )


async def test_the_card_says_what_will_happen_and_takes_the_focus(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (app, _, assistant, card):
        shown = drawn(card)

        assert "start_run writes  asked for by pipelines" in shown
        assert "Start a run of a pipeline and return at once." in shown
        assert "parameters.folds  5" in shown
        assert "runs  delay-prediction, 1 parameters" in shown
        assert app.status.activity == "waits for your approval"
        assert assistant.runs.started == []


async def test_a_allows_and_the_call_runs_once(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (app, pilot, assistant, card):
        await pilot.press("a", "a")
        await until(pilot, lambda: app.turn is None)

        assert assistant.runs.started == [{"folds": 5}]
        assert answers(app) == ["done"]
        assert drawn(card).startswith("✓ Allowed: start_run")
        assert app.prompt.has_focus


async def test_r_rejects_with_a_word(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (app, pilot, assistant, card):
        await pilot.press("r", *"later", "enter")
        await until(pilot, lambda: app.turn is None)

        assert assistant.runs.started == []
        assert "They said: later" in answers(app)[0]
        assert drawn(card).startswith("✗ Rejected: start_run")


async def test_esc_on_the_card_rejects(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (app, pilot, assistant, _):
        await pilot.press("escape")
        await until(pilot, lambda: app.turn is None)

        assert assistant.runs.started == []
        assert "nothing was changed" in answers(app)[0]


async def test_edited_arguments_are_shown_again_before_they_run(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (app, pilot, assistant, card):
        await pilot.press("e")
        card.query_one(
            ArgumentsEditor
        ).text = 'pipeline = "delay-prediction"\nparameters.folds = 3\nparameters.seed = 7'
        await pilot.press("enter")
        await until(pilot, lambda: "As you edited it." in drawn(card))
        assert assistant.runs.started == []
        assert "parameters.seed   7" in drawn(card)

        await until(pilot, lambda: card.has_focus and card.listens)
        await pilot.press("a")
        await until(pilot, lambda: app.turn is None)

        assert assistant.runs.started == [{"folds": 3, "seed": 7}]
        assert drawn(card).startswith("✓ Allowed, as edited: start_run")


async def test_arguments_the_tool_cannot_use_are_explained_and_stay_in_the_editor(
    tmp_path: Path,
) -> None:
    async with card_shown(tmp_path) as (_, pilot, assistant, card):
        await pilot.press("e")
        editor = card.query_one(ArgumentsEditor)
        editor.text = 'pipeline = "delay-prediction"\nspeed = 9'
        await pilot.press("enter")
        await until(pilot, lambda: "start_run cannot use these arguments" in drawn(card))

        assert editor.display
        assert "speed = 9" in editor.text
        assert assistant.runs.started == []


async def test_leaving_the_editor_unchanged_is_no_permission(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (_, pilot, assistant, card):
        await pilot.press("e", "enter")
        await until(pilot, lambda: card.has_focus)

        assert card.open
        assert assistant.runs.started == []


async def test_keys_of_a_sentence_in_progress_allow_nothing(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        await send(app, pilot, "later please")
        app.prompt.fill("what ")
        app.session.go_on.set()
        await until(pilot, lambda: app.query(ApprovalView) and app.focused is not app.prompt)
        await pilot.press(*"area")
        card = app.query_one(ApprovalView)

        assert card.open
        assert not card.query_one(ArgumentsEditor).display
        assert assistant.runs.started == []
        assert app.prompt.text == "what area"


async def test_stopping_the_turn_settles_the_card_and_runs_nothing(tmp_path: Path) -> None:
    async with card_shown(tmp_path) as (app, pilot, assistant, card):
        app.prompt.focus()
        await pilot.press("escape")
        await until(pilot, lambda: app.turn is None)

        assert drawn(card).startswith("■ Not answered: start_run")
        assert assistant.runs.started == []
        assert app.status.activity == ""


async def test_two_cards_are_answered_one_after_the_other(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        await send(app, pilot, "both at once")
        await until(pilot, lambda: len(app.query(ApprovalView)) == 2)
        first, second = app.query(ApprovalView)
        for card, key in ((first, "a"), (second, "escape")):
            card.focus()
            await until(pilot, lambda card=card: card.has_focus and card.listens)
            await pilot.press(key)
        await until(pilot, lambda: app.turn is None)

        assert assistant.runs.started == [{"folds": 2}]
        assert [drawn(card).split(":")[0] for card in (first, second)] == [
            "✓ Allowed",
            "✗ Rejected",
        ]


def test_arguments_survive_being_written_as_lines() -> None:
    arguments = {
        "pipeline": "delay",
        "parameters": {"models": ["SVC", "KNN"], "seed": 42},
        "tags": {"a key = with signs": "x"},
        "labels": {"a.b": 1, "c-d": None},
        "key": "what \u202e\x1b[31m is \u200bhidden\x9b",
        "empty": {},
        "use_cache": True,
    }

    lines = as_lines(arguments)

    assert from_lines(lines, arguments) == arguments
    assert clean(lines) == lines
    assert "\\u202e" in lines


def test_a_word_without_quotes_stays_a_word_where_there_was_one() -> None:
    assert from_lines("name = brisk otter", {"name": "old"}) == {"name": "brisk otter"}


@pytest.mark.parametrize(
    "text", ["parameters = {}\nparameters.seed = 7", "parameters.seed = 7\nparameters = {}"]
)
def test_parts_of_a_mapping_add_to_the_whole_in_any_order(text: str) -> None:
    assert from_lines(text, {"parameters": {}}) == {"parameters": {"seed": 7}}


@pytest.mark.parametrize("line", ["folds = five", "no value here", "a = 1\na.b = 2"])
def test_a_line_that_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(RequestError):
        from_lines(line, {"folds": 5})
