from pathlib import Path

import pytest
from driven_terminal import terminal, until
from textual.content import Content

from agents.events import TextArrived
from surfaces.tui.answer_table import AnswerTable, drawn_table

HEAD = [Content(name) for name in ("run", "state", "started")]
ROWS = [
    [Content(cell) for cell in ("delay-prediction-10", "SUCCEEDED", "1 min 35 s ago")],
    [Content(cell) for cell in ("otter", "", "yesterday")],
]


def lines(width: int) -> list[str]:
    return [line.rstrip() for line in drawn_table(HEAD, ROWS, width).plain.splitlines()]


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    assert lines(80) == [
        "run                  state      started",
        "delay-prediction-10  SUCCEEDED  1 min 35 s ago",
        "otter                           yesterday",
    ]


def test_a_narrower_table_wraps_between_words() -> None:
    assert lines(43) == [
        "run                  state      started",
        "delay-prediction-10  SUCCEEDED  1 min 35 s",
        "                                ago",
        "otter                           yesterday",
    ]


def test_a_table_whose_words_do_not_fit_shows_a_block_for_each_row() -> None:
    assert lines(30) == [
        "run      delay-prediction-10",
        "state    SUCCEEDED",
        "started  1 min 35 s ago",
        "",
        "run      otter",
        "started  yesterday",
    ]


@pytest.mark.parametrize("width", range(10, 90))
def test_no_width_loses_a_letter_or_is_exceeded(width: int) -> None:
    shown = drawn_table(HEAD, ROWS, width).plain

    assert all(len(line) <= width for line in shown.splitlines())
    for row in ROWS:
        for cell in row:
            assert set(cell.plain) <= set(shown)


async def test_a_table_that_arrives_in_pieces_is_whole_at_80_columns(tmp_path: Path) -> None:
    table = (
        "| run | id | pipeline | state | started | took |\n| --- | --- | --- | --- | --- | --- |\n"
        "| delay-prediction-1 | `ffb62381` | delay-prediction | SUCCEEDED | 9 min 5 s ago | 9 s |\n"
        "| delay-prediction-2 | `0b0789d0` | delay-prediction | FAILED | 2 h ago | 3 s |\n"
    )
    async with terminal(tmp_path, size=(80, 24)) as (app, pilot, _):
        for at in range(0, len(table), 7):
            app.show(TextArrived(text=table[at : at + 7], agent="kfp", message_id="t"))
            await pilot.pause()
        await until(pilot, lambda: len(app.query(AnswerTable)) == 1)
        shown = app.query_one(AnswerTable)
        await until(pilot, lambda: shown.size.height == 4)
        drawn = "\n".join(strip.text for strip in shown.render_lines(shown.size.region))

        assert "delay-prediction-1  ffb62381  delay-prediction  SUCCEEDED  9 min 5 s" in drawn
        assert "delay-prediction-2  0b0789d0  delay-prediction  FAILED" in drawn
