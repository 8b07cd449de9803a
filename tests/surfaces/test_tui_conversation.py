import threading
from pathlib import Path

from scripted_terminal import (
    FAILED,
    RUNNING,
    Say,
    ScriptedAssistant,
    ScriptedSession,
    answers,
    send,
    terminal,
    until,
)
from textual.events import Key
from textual.widgets import Markdown

from agents.events import RunEnded, TextArrived
from agents.toolbox import Approver
from core.errors import SettingsError, UnavailableError
from core.settings import OpenAIChat, Settings
from surfaces.tui.app import SwarmApp
from surfaces.tui.help_screen import HelpScreen, help_lines
from surfaces.tui.log_screen import LogScreen
from surfaces.tui.messages import Message, Question, Remark
from surfaces.tui.sessions_screen import SessionsScreen
from surfaces.tui.tool_card import ToolCard
from surfaces.tui.welcome import Welcome


def remarks(app: SwarmApp) -> str:
    return "\n".join(str(remark.render()) for remark in app.query(Remark))


async def test_what_is_typed_is_answered_in_the_transcript(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: app.turn is None and answers(app))

        assert [question.text for question in app.query(Question)] == ["hello"]
        assert answers(app) == ["Here are **two** runs."]
        assert "2 model calls · 1,204 tokens · 1.5 s" in remarks(app)
        assert app.status.tokens == 1204
        assert not app.query(Welcome)


async def test_what_is_typed_before_the_assistant_is_ready_waits_and_is_then_answered(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path)
    may_start = threading.Event()

    def assemble(_: Settings) -> ScriptedAssistant:
        may_start.wait(10)
        return ScriptedAssistant(settings)

    app = SwarmApp(lambda: settings, assemble)
    async with app.run_test() as pilot:
        await send(app, pilot, "hello")
        await until(pilot, lambda: app.query("Question.-waiting"))
        assert (app.status.waiting, app.status.activity) == (1, "starting")

        may_start.set()
        await until(pilot, lambda: answers(app))

        assert not app.query("Question.-waiting")


async def test_a_tool_call_is_a_card_that_opens(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs[FAILED.id] = FAILED
        await send(app, pilot, "list runs")
        await until(pilot, lambda: app.turn is None and app.query(ToolCard))
        card = app.query_one(ToolCard)

        assert card.finished is not None
        assert card.finished.ok
        head = str(card.query_one(".head").render())
        assert "✓ list_runs  pipelines  limit=5  1 found" in head
        assert card.has_class("-folded")

        card.focus()
        await pilot.press("enter")
        assert not card.has_class("-folded")
        assert "→ pipelines: List the runs." in remarks(app)


async def test_esc_stops_the_turn_and_the_conversation_goes_on(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "wait for ever")
        await until(pilot, lambda: answers(app) == ["Thinking"])
        await pilot.press("escape")
        await until(pilot, lambda: app.turn is None)
        assert "Stopped." in remarks(app)

        await send(app, pilot, "hello")
        await until(pilot, lambda: len(answers(app)) == 2)
        assert answers(app)[1] == "Here are **two** runs."


async def test_a_question_asked_during_a_turn_comes_back_into_the_prompt_when_it_is_stopped(
    tmp_path: Path,
) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "wait for ever")
        await until(pilot, lambda: answers(app))
        await send(app, pilot, "and then this")
        await pilot.press("escape")
        await until(pilot, lambda: app.turn is None)

        assert app.prompt.text == "and then this"
        assert [question.text for question in app.query(Question)] == ["wait for ever"]


async def test_ctrl_c_clears_then_stops_then_quits(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "wait for ever")
        await until(pilot, lambda: answers(app))
        app.prompt.fill("half a thought")

        await pilot.press("ctrl+c")
        assert app.prompt.text == ""
        assert app.turn is not None

        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.turn is None)
        assert app.is_running

        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.return_code == 0)


async def test_a_bug_costs_one_sentence_and_its_traceback_is_in_the_log(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "break it")
        await until(pilot, lambda: app.turn is None and app.query("Remark.-problem"))
        log = tmp_path / "logs" / "assistant.log"

        said = remarks(app)
        assert f"Something went wrong inside: ZeroDivisionError. The details are in {log}." in said
        assert "ZeroDivisionError: a bug" in log.read_text()

        await send(app, pilot, "hello")
        await until(pilot, lambda: answers(app))


async def test_a_problem_that_has_words_is_shown_with_its_hint(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "fail please")
        await until(pilot, lambda: app.query("Remark.-problem"))

        assert "No run is called 'x'.\nThe closest: run-10." in remarks(app)
        assert not (tmp_path / "logs").exists()


async def test_an_assistant_that_cannot_start_says_why(tmp_path: Path) -> None:
    def assemble(_: Settings) -> ScriptedAssistant:
        raise UnavailableError("The home folder cannot be written.", hint="Set MLOPS_SWARM_HOME.")

    app = SwarmApp(lambda: Settings(home=tmp_path), assemble)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.query("Remark.-problem"))

        assert "The home folder cannot be written.\nSet MLOPS_SWARM_HOME." in remarks(app)


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


async def test_the_end_of_a_watched_run_is_told(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        ended = RunEnded(run=FAILED, request="")
        app.session.endings.put_nowait(ended)
        await until(pilot, lambda: "Run run-2e (2e00ba12) failed" in remarks(app))

        assert "Run run-2e (2e00ba12) failed after 3 min 12 s: no memory left." in remarks(app)


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


async def test_quitting_says_which_runs_go_on(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs[RUNNING.id] = RUNNING
        app.look_at_runs()
        await until(pilot, lambda: app.status.running == 1)

        assert app.farewell == "Still running, and going on: run-1f."


async def test_the_palette_offers_commands_examples_and_tools(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, _, _):
        names = [entry.name for entry in app.palette_entries()]

        assert {"Help", "Sessions", Welcome.EXAMPLES[0], "start_run"} <= set(names)


async def test_settings_that_cannot_be_used_end_the_terminal_with_their_hint(
    tmp_path: Path,
) -> None:
    def read() -> Settings:
        raise SettingsError("The settings cannot be used: workers.", hint="Look at the file.")

    app = SwarmApp(read, lambda _: ScriptedAssistant(Settings(home=tmp_path)))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code == 2)


async def test_text_that_arrives_faster_than_it_is_drawn_is_sent_whole(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        for letter in "burst":
            app.post_message(Key(letter, letter))
        app.post_message(Key("enter", "\r"))
        app.post_message(Key("x", "x"))
        await until(pilot, lambda: answers(app))

        assert [question.text for question in app.query(Question)] == ["burst"]
        assert app.prompt.text == "x"


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


async def test_esc_stops_a_turn_that_follows_a_run_and_watching_goes_on(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        app.session.endings.put_nowait(RunEnded(run=FAILED, request="say why"))
        await until(pilot, lambda: app.status.activity == "following up, Esc stops")
        assert "You asked: say why" in remarks(app)

        await pilot.press("escape")
        assert app.status.activity == ""

        app.session.endings.put_nowait(RunEnded(run=FAILED))
        await until(pilot, lambda: remarks(app).count("Run run-2e") == 2)


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


async def test_answers_that_arrive_in_turns_are_each_drawn_whole(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "across")
        await until(pilot, lambda: app.turn is None and len(answers(app)) == 2)
        drawn = [message.query_one(Markdown) for message in app.query(Message)]
        await until(pilot, lambda: [body.source for body in drawn] == answers(app))

        assert answers(app) == ["First ends.", "Second ends too."]


async def test_an_answer_cannot_steer_the_terminal(tmp_path: Path) -> None:
    async def hostile(session: ScriptedSession, text: str, approve: Approver, say: Say) -> None:
        del session, text, approve
        say(TextArrived(text="one\x1b[2J\x1b]52;c;aGk=\x07two", agent="a", message_id="m"))

    settings = Settings(home=tmp_path)
    app = SwarmApp(lambda: settings, lambda _: ScriptedAssistant(settings, script=hostile))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await send(app, pilot, "hello")
        await until(pilot, lambda: app.turn is None and answers(app))

        assert answers(app) == ["onetwo"]
