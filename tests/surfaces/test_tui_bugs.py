import subprocess
import sys
from pathlib import Path

import pytest
from driven_terminal import answers, remarks, send, terminal, until
from markdown_it import MarkdownIt

from agents.events import TextArrived
from core.runs import Run, RunLogs
from surfaces.tui.answer_table import AnswerBody
from surfaces.tui.background import in_background
from surfaces.tui.log_screen import LogScreen
from surfaces.tui.messages import Message


def read_badly(task: str) -> tuple[Run, RunLogs]:
    raise ZeroDivisionError(f"a bug in {task or 'all tasks'}")


async def test_a_bug_in_the_reader_of_logs_is_told_and_the_conversation_goes_on(
    tmp_path: Path,
) -> None:
    log = tmp_path / "logs" / "assistant.log"
    async with terminal(tmp_path) as (app, pilot, _):
        app.push_screen(LogScreen(read_badly))
        await until(pilot, lambda: "Something went wrong inside" in remarks_below(app))
        assert f"ZeroDivisionError. The details are in {log}." in remarks_below(app)
        assert "a bug in all tasks" in log.read_text()
        assert "cannot be shown" in str(app.screen.query_one(".head").render())

        await pilot.press("escape")
        await send(app, pilot, "hello")
        await until(pilot, lambda: app.turn is None and answers(app))


def remarks_below(app: object) -> str:
    return "\n".join(str(remark.render()) for remark in app.screen_stack[0].query("Remark"))


def broken_parser() -> MarkdownIt:
    raise ZeroDivisionError("a bug in drawing")


async def test_an_answer_that_cannot_be_drawn_is_shown_as_it_was_written(tmp_path: Path) -> None:
    async with terminal(tmp_path) as (app, pilot, _):
        app.show(TextArrived(text="**Two** runs.", agent="kfp", message_id="m"))
        message = app.query_one(Message)
        await until(pilot, lambda: message.query("MarkdownParagraph"))
        message.query_one(AnswerBody)._parser_factory = broken_parser
        message.add("\n\n- broken")
        message.complete()
        await until(pilot, lambda: message.query(".plain"))

        assert str(message.query_one(".plain").render()) == "**Two** runs.\n\n- broken"
        await until(pilot, lambda: "Something went wrong inside" in remarks(app))


async def test_what_fails_in_the_background_fails_where_it_is_awaited() -> None:
    assert await in_background(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_background(lambda: 1 // 0)


def test_a_program_ends_although_work_in_the_background_does_not() -> None:
    program = (
        "import asyncio, threading\n"
        "from surfaces.tui.background import in_background\n"
        "asyncio.run(asyncio.wait_for(in_background(threading.Event().wait), 0.05))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr.strip().endswith("TimeoutError")
