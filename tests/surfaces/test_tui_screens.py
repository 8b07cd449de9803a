import subprocess
import sys
from pathlib import Path

from driven_terminal import answers, remarks, send, terminal, until
from kept_runs import FAILED, RUNNING
from scripted_terminal import ScriptedAssistant

import surfaces
from core.services import OpenAIChat
from core.settings import Settings
from surfaces.tui.app import SwarmApp
from surfaces.tui.help_screen import HelpScreen, help_lines
from surfaces.tui.log_screen import LogScreen
from surfaces.tui.sessions_screen import SessionsScreen
from surfaces.tui.tool_card import ToolCard
from surfaces.tui.welcome import Welcome


async def test_a_slash_offers_commands_and_tools_and_tab_takes_the_first(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await pilot.press(*"/li")
        assert app.completion.display
        assert app.completion.first().label == "/list_runs"

        await pilot.press("tab")
        assert app.prompt.text == "/list_runs "

        await pilot.press("l")
        assert app.completion.first().text == "/list_runs limit="


async def test_a_tool_can_be_called_by_hand(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs[FAILED.id] = FAILED
        await send(app, pilot, "/list_runs limit=1")
        await until(pilot, lambda: app.turn is None and app.query(ToolCard))

        card = app.query_one(ToolCard)
        assert dict(card.started.arguments) == {"limit": 1}
        assert card.finished.value.total == 1
        assert not card.has_class("-folded")


async def test_a_wrong_tool_name_is_answered_with_the_closest(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "/list_rnus")
        await until(pilot, lambda: app.query("Remark.-problem"))

        assert "No tool is called 'list_rnus'." in remarks(app)


async def test_the_panel_shows_runs_with_their_progress(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs |= {FAILED.id: FAILED, RUNNING.id: RUNNING}
        app.look_at_runs()
        await until(pilot, lambda: app.status.running == 1)
        shown = app.export_screenshot()

        assert app.panel.display
        assert "1/4" in shown
        assert app.panel.query_one("RunList").option_count == 2

        await pilot.press("ctrl+r")
        assert not app.panel.display


async def test_a_chosen_run_opens_its_logs_without_their_escape_codes(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs[FAILED.id] = FAILED
        await send(app, pilot, "/logs")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        log = app.screen.query_one("Log")
        await until(pilot, lambda: log.line_count >= 2)

        assert list(log.lines)[:2] == ["every task begins", "red and done"]

        await pilot.press("escape")
        assert not isinstance(app.screen, LogScreen)


async def test_a_small_terminal_shows_the_conversation_and_hides_the_runs(tmp_path: Path) -> None:
    async with terminal(tmp_path, (80, 24)) as (app, pilot, _):
        assert not app.panel.display
        assert app.prompt.region.bottom == 23
        assert app.transcript.region.width == 80

        await pilot.press("ctrl+r")
        assert app.panel.display


async def test_a_conversation_can_be_left_renamed_and_resumed(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        await send(app, pilot, "hello")
        await until(pilot, lambda: app.turn is None and answers(app))
        await send(app, pilot, "/new")
        await until(pilot, lambda: app.session.id == "s2" and not answers(app))

        await send(app, pilot, "/sessions")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
        await pilot.press("down", "r", "end", *"!", "enter")
        await until(pilot, lambda: assistant.sessions.open["s1"].name == "conversation s1!")
        await pilot.press("enter")
        await until(pilot, lambda: app.session.id == "s1" and answers(app))

        assert answers(app) == ["Here are **two** runs."]
        assert app.status.session == "conversation s1!"


async def test_every_key_has_a_help_line(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))

        for _, bindings in app.screen.keys:
            assert all(help_lines(bindings).values())
        assert help_lines(app.BINDINGS)["Ctrl+R"] == "Show or hide the runs"


async def test_history_goes_back_and_forth_and_keeps_the_draft(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        for question in ("first", "second"):
            await send(app, pilot, question)
        await until(pilot, lambda: app.turn is None)
        app.prompt.fill("draft")

        seen = []
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            seen.append(app.prompt.text)

        assert seen == ["second", "first", "first", "second", "draft"]


async def test_the_palette_offers_commands_examples_and_tools(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, _, _):
        names = [entry.name for entry in app.palette_entries()]

        assert {"Help", "Sessions", Welcome.EXAMPLES[0], "start_run"} <= set(names)


async def test_a_key_that_opens_a_screen_does_nothing_while_one_is_open(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("ctrl+l")

        assert isinstance(app.screen, HelpScreen)
        assert len(app.screen_stack) == 2


async def test_an_at_sign_offers_what_exists_and_tab_writes_its_name(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs[FAILED.id] = FAILED
        await pilot.press(*"why @run")
        await until(pilot, lambda: app.completion.display)
        assert app.completion.first().help == "run 2e00ba12 of delay-prediction, failed"
        await pilot.press("tab")
        assert app.prompt.text == "why run-2e"

        app.prompt.fill("show @datasets/")
        await until(pilot, lambda: app.completion.first())
        await pilot.press("tab")
        assert app.prompt.text == "show datasets/planned/schedule.csv"


async def test_read_only_and_the_chosen_model_are_said_in_the_status_bar(tmp_path: Path) -> None:
    chat = OpenAIChat(kind="openai", model="small-model")
    settings = Settings(home=tmp_path, read_only=True, chat=chat)
    assistant = ScriptedAssistant(settings)
    app = SwarmApp(lambda: settings, lambda _: assistant)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.pause()

        assert "read-only · small-model · conversation s1" in str(app.status.render())
        assert app.completion.first() is None
        await pilot.press(*"/start")
        assert app.completion.first() is None


async def test_opening_what_is_not_there_says_so(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "/open datasets/nothing.csv")
        await until(pilot, lambda: app.query("Remark.-problem"))

        assert "No object 'nothing.csv' in bucket 'datasets'." in remarks(app)


async def test_commands_that_cannot_work_yet_say_what_is_missing(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        for line in ("/copy", "/open", "/theme none-such", "/logs none-such"):
            await send(app, pilot, line)
        await until(pilot, lambda: len(app.query("Remark.-problem")) == 4)
        said = remarks(app)

        assert "There is no answer to copy yet." in said
        assert "Nothing that opens was shown yet.\nWrite /open bucket/key, or" in said
        assert "No theme is called 'none-such'." in said
        assert "There is no run yet." in said


async def test_the_last_answer_can_be_copied_and_the_colours_changed(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "hello")
        await until(pilot, lambda: app.turn is None and answers(app))
        await send(app, pilot, "/copy")
        await send(app, pilot, "/theme nord")

        assert app.clipboard == "Here are **two** runs."
        assert app.theme == "nord"


def test_without_a_terminal_the_program_says_what_to_use_instead() -> None:
    program = Path(surfaces.__file__).parent.parent / "tui.py"
    ended = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )

    assert ended.returncode == 2
    assert "mlops-swarm ask TEXT" in ended.stderr
