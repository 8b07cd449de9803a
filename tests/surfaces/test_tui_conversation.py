import threading
from pathlib import Path

from driven_terminal import answers, remarks, send, terminal, until
from kept_runs import FAILED, RUNNING
from scripted_terminal import Say, ScriptedAssistant, ScriptedSession
from textual.events import Key
from textual.widgets import Markdown

from agents.approval import Approver
from agents.events import RunEnded, TextArrived
from core.errors import SettingsError, UnavailableError
from core.settings import Settings
from surfaces.tui.app import SwarmApp
from surfaces.tui.approval import ApprovalView
from surfaces.tui.messages import Message, Question
from surfaces.tui.tool_card import ToolCard
from surfaces.tui.welcome import Welcome


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


async def test_the_end_of_a_watched_run_is_told(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        ended = RunEnded(run=FAILED, request="")
        app.session.endings.put_nowait(ended)
        await until(pilot, lambda: "Run run-2e (2e00ba12) failed" in remarks(app))

        assert "Run run-2e (2e00ba12) failed after 3 min 12 s: no memory left." in remarks(app)


async def test_quitting_says_which_runs_go_on(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, assistant):
        assistant.runs.runs[RUNNING.id] = RUNNING
        app.look_at_runs()
        await until(pilot, lambda: app.status.running == 1)

        assert app.farewell == "Still running, and going on: run-1f."


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


async def test_esc_stops_a_turn_that_follows_a_run_and_watching_goes_on(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        app.session.endings.put_nowait(RunEnded(run=FAILED, request="say why"))
        await until(pilot, lambda: app.status.activity == "following up, Esc stops")
        assert "You asked: say why" in remarks(app)

        await pilot.press("escape")
        assert app.status.activity == ""

        app.session.endings.put_nowait(RunEnded(run=FAILED))
        await until(pilot, lambda: remarks(app).count("Run run-2e") == 2)


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


async def test_a_question_that_waited_stands_above_its_own_answer(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        await send(app, pilot, "later")
        await send(app, pilot, "hello")
        app.session.go_on.set()
        await until(pilot, lambda: app.query(ApprovalView) and app.query_one(ApprovalView).listens)
        await pilot.press("a")
        await until(pilot, lambda: app.turn is None and len(answers(app)) == 2)
        shown = [w.text for w in app.transcript.children if isinstance(w, Question | Message)]

        assert shown == ["later", "done", "hello", "Here are **two** runs."]
