import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from core.charts import Chart, ChartKind, Series
from core.models import Prediction, PredictionReason
from core.objects import ColumnProfile, StoredObject, TablePreview
from core.paging import page_of
from core.passages import DocsAnswer
from core.runs import Run, RunLogs, RunState, Task, TaskState
from core.toolchains import ProjectProfile, QuestionsFirst, Recommendation, SlotChoice, ToolChoice
from surfaces.rendering import bytes_in_words, clean, duration, headline, moment, render

NOON = datetime(2026, 3, 12, 12, 0).astimezone()


def printed(value: object, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), no_color=True)
    console.print(render(value))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def a_run(**more: object) -> Run:
    values: dict[str, object] = {
        "id": "4fa3b2c1d0",
        "name": "brisk-otter",
        "pipeline": "delay-prediction",
        "state": RunState.SUCCEEDED,
        "parameters": {"models": ["SVC", "KNN"], "seed": 42},
        "created_at": NOON,
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=192),
    }
    return Run(**(values | more))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (0.012, "12 ms"),
        (3.04, "3.0 s"),
        (3, "3 s"),
        (59.7, "1 min"),
        (192, "3 min 12 s"),
        (3600 * 5 + 60, "5 h 1 min"),
        (86400 * 3, "3 days"),
    ],
)
def test_durations_are_said_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (1023, "1023 B"), (2_202_010, "2.1 MiB"), (1024**3 - 1, "1.0 GiB")],
)
def test_sizes_are_said_in_words(count: int, words: str) -> None:
    assert bytes_in_words(count) == words


def test_times_are_said_as_one_says_them_here() -> None:
    assert moment(NOON.replace(hour=9, minute=5).astimezone(UTC), NOON) == "today 09:05"
    assert moment(NOON - timedelta(days=1), NOON) == "yesterday 12:00"
    assert moment(NOON - timedelta(days=20), NOON) == "20 Feb 12:00"
    assert moment(NOON - timedelta(days=400), NOON) == "5 Feb 2025"


def test_outside_text_cannot_steer_the_terminal_nor_reorder_itself() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07del\u202eete\x9b31m [bold]me[/bold]\r\n\x00"

    assert clean(hostile) == "delete31m [bold]me[/bold]\n"
    assert "[bold]me[/bold]" in printed(
        RunLogs(run_id="1", task="", lines=(hostile,), total_lines=1)
    )


def test_a_run_shows_its_state_reason_parameters_and_tasks() -> None:
    failed = a_run(
        state=RunState.FAILED,
        reason="train: no memory",
        tasks=(
            Task(
                name="train [SVC]",
                state=TaskState.FAILED,
                started_at=NOON,
                finished_at=NOON + timedelta(seconds=2),
                reason="no memory",
            ),
        ),
    )
    shown = printed(failed)

    assert "4fa3b2c1d0  brisk-otter" in shown
    assert "✗ failed" in shown
    assert "train: no memory" in shown
    assert "models=[SVC, KNN], seed=42" in shown
    assert "took        3 min 12 s" in shown
    assert "train [SVC]" in shown


def test_a_page_says_how_much_of_it_is_shown() -> None:
    page = page_of([a_run(), a_run(id="5fa3b2c1d0")], 1)

    assert printed(page).endswith("1 of 2 shown")
    assert headline(page) == "1 of 2"
    assert "5fa3b2c1" not in printed(page)


def test_a_wide_table_shows_the_columns_that_fit_and_counts_the_rest() -> None:
    stored = StoredObject(
        bucket="data",
        key="wide.csv",
        bytes=10,
        etag="e",
        content_type="text/csv",
        modified_at=NOON,
    )
    names = [f"measurement_{at}" for at in range(12)]
    preview = TablePreview(
        object=stored,
        columns=tuple(
            ColumnProfile(name=name, type="number", missing=0, distinct=2) for name in names
        ),
        rows=(tuple(str(at) for at in range(12)),),
        total_rows=1,
        profiled_rows=1,
    )
    shown = printed(preview)

    assert "… and 7 more columns, listed below" in shown
    assert all(name in shown for name in names)
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("kind", list(ChartKind))
@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_chart_fits_its_width_and_can_be_read_without_colour(
    kind: ChartKind, width: int
) -> None:
    chart = Chart(
        kind=kind,
        title="Scores",
        categories=("On Time", "Delayed"),
        series=(
            Series(name="RandomForest", x=(0, 1), y=(0.25, 120)),
            Series(name="SVC", x=(0, 1), y=(31, 88)),
        ),
        note="Few rows.",
    )
    shown = printed(chart, width)

    assert max(map(len, shown.splitlines())) <= width
    assert shown.startswith("Scores")
    assert shown.endswith("Few rows.")
    assert "RandomForest" in shown
    if kind is not ChartKind.LINES:
        assert all(number in shown for number in ("0.250", "120", "31", "88"))


def test_a_larger_bar_is_longer_and_bars_begin_at_zero() -> None:
    chart = Chart(
        kind=ChartKind.BARS,
        title="",
        categories=("half", "whole"),
        series=(Series(name="share", y=(0.5, 1.0)),),
    )
    half, whole = (line.count("█") for line in printed(chart).splitlines()[-2:])

    assert abs(whole - 2 * half) <= 1


def test_an_empty_chart_says_so() -> None:
    empty = Chart(kind=ChartKind.HEATMAP, title="Nothing", series=())

    assert printed(empty) == "Nothing\nThere is nothing to draw."


def test_a_prediction_shows_its_probability_beside_the_base_rate_and_what_was_filled_in() -> None:
    shown = printed(
        Prediction(
            model="delay",
            version=3,
            algorithm="RandomForest",
            probability=0.731,
            verdict="Delayed",
            base_rate=0.55,
            reasons=(PredictionReason(feature="borough", value="BRONX", effect=-0.081),),
            given={"borough": "BRONX"},
            imputed=("district", "phase"),
            accuracy=0.69,
        )
    )

    assert "Delayed  probability of delay 73.1 % (of all phases: 55.0 %)" in shown
    assert "filled in  district, phase" in shown
    assert "BRONX  -8.1" in shown


def test_a_recommendation_shows_each_slot_and_what_would_change_it() -> None:
    slot = SlotChoice(
        slot="tracking",
        choices=(
            ToolChoice(tool="MLflow", probability=0.62),
            ToolChoice(tool="W&B", probability=0.2),
        ),
        evidence="data",
        why="Small teams take it.",
        flips=("team_size large: Kubeflow",),
    )
    shown = printed(
        Recommendation(profile=ProjectProfile(team_size="small"), platform=slot, slots=(slot,))
    )

    assert "tracking  MLflow       62.0 %  W&B 20.0 %  data" in shown
    assert "team_size large: Kubeflow" in shown


def test_questions_and_unanswered_searches_read_as_sentences() -> None:
    assert printed(QuestionsFirst(questions=("Which data?",))).endswith("• Which data?")
    assert printed(DocsAnswer(query="q", items=(), answerable=False)) == (
        "The documents do not answer this."
    )


def test_anything_else_is_shown_by_its_fields() -> None:
    assert printed({"alpha": 1, "beta": {"c": 2.5}}) == "alpha  1\nbeta   c=2.500"
    assert printed([1, 2]) == "• 1\n• 2"
    assert printed([]) == "Nothing."
    assert printed(None) == "-"


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = ("pandas", "sklearn", "kfp", "chromadb", "langchain", "plotext", "matplotlib", "numpy")
    code = f"import sys, surfaces.rendering; print([n for n in {heavy} if n in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"
