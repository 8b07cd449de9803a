"""How people speak of things, and the names that are meant."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backends.chat_builtin.called import name_given
from backends.chat_builtin.mentions import spelt_out
from backends.chat_builtin.moving import moved
from backends.chat_builtin.steps import judged_in
from core.clock import held
from core.focus import Focus
from core.runs import RunState
from known_world import SmallWorld, a_run

THURSDAY = datetime(2026, 5, 14, 9, tzinfo=UTC)
NIGHTLIES = tuple(
    replace(a_run(day, state, f"nightly-05{day}"), created_at=datetime(2026, 5, day, 2, tzinfo=UTC))
    for day, state in (
        (13, RunState.FAILED),
        (12, RunState.SUCCEEDED),
        (11, RunState.SUCCEEDED),
    )
)
WORLD = SmallWorld(
    frozenset(),
    (*NIGHTLIES, a_run(7, RunState.CANCELED, "wide-grid")),
    objects={
        "datasets": ("planned/may_2026.csv", "planned/june_2026.csv", "archive/2019.csv"),
        "scratch": ("old_export.csv", "tmp/a.parquet", "tmp/b.parquet"),
        "models": (),
    },
)
NOTHING = Focus()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("compare monday's nightly with tuesday's", "compare nightly-0511 with nightly-0512"),
        ("what went wrong with yesterdays nightly", "what went wrong with nightly-0513"),
        ("is the nightly of the 12th fine", "is nightly-0512 fine"),
        ("log of the nightly from may 11", "log of nightly-0511"),
        ("metrics of 0512s", "metrics of nightly-0512"),
        ("delete the wide grid run", "delete the wide-grid run"),
    ],
)
def test_a_run_is_meant_by_its_day_or_a_part_of_its_name(text: str, meant: str) -> None:
    with held(THURSDAY):
        assert spelt_out(text, NOTHING, WORLD) == meant


@pytest.mark.parametrize(
    "text",
    [
        "list the runs since yesterday",
        "run delay-prediction every monday at six",
        "the nightly of the 31st",
        "train with no cameras",
        "what are the principles of mlops",
        "how likely is a roof job in may to be late",
    ],
)
def test_what_means_no_one_thing_stays_as_it_was_typed(text: str) -> None:
    with held(THURSDAY):
        assert spelt_out(text, NOTHING, WORLD) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("score the june file", "score datasets/planned/june_2026.csv"),
        ("may i see the june plan", "may i see datasets/planned/june_2026.csv"),
        ("a copy of june plan in scratch", "a copy of datasets/planned/june_2026.csv in scratch"),
        ("link to the archived 2019 table", "link to datasets/archive/2019.csv"),
        ("delete the old export", "delete scratch/old_export.csv"),
        ("show june_2026", "show datasets/planned/june_2026.csv"),
        (
            "tag the may and june plan",
            "tag the datasets/planned/may_2026.csv and datasets/planned/june_2026.csv",
        ),
        ("the plan for july 2026", "the plan for july 2026"),
    ],
)
def test_an_object_is_meant_by_words_of_its_key(text: str, meant: str) -> None:
    assert spelt_out(text, NOTHING, WORLD) == meant


@pytest.mark.parametrize(
    ("text", "before", "meant"),
    [
        (
            "same for june",
            Focus(tool="score_dataset", bucket="datasets", key="planned/may_2026.csv"),
            "same for datasets/planned/june_2026.csv",
        ),
        (
            "the csv in there can go",
            Focus(tool="list_objects", bucket="scratch"),
            "scratch/old_export.csv can go",
        ),
        (
            "and both parquets",
            Focus(tool="delete_object", bucket="scratch"),
            "and scratch/tmp/a.parquet and scratch/tmp/b.parquet",
        ),
        (
            "train in it",
            Focus(tool="create_experiment", experiment="winter"),
            "train in the experiment winter",
        ),
        (
            "remove it from datasets",
            Focus(
                tool="copy_object",
                bucket="scratch",
                key="planned/june_2026.csv",
                arguments='{"bucket": "datasets", "key": "planned/june_2026.csv"}',
            ),
            "remove datasets/planned/june_2026.csv",
        ),
        (
            "and the day before?",
            Focus(tool="read_metrics", run="nightly-0512"),
            "and nightly-0511?",
        ),
    ],
)
def test_what_was_spoken_of_is_called_by_its_name(text: str, before: Focus, meant: str) -> None:
    with held(THURSDAY):
        assert spelt_out(text, before, WORLD) == meant


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("launch delay-prediction and call the run fresh-0514", "fresh-0514"),
        ("deploy it, name delay-next", "delay-next"),
        ("name for it: workday-scoring", "workday-scoring"),
        ("start it under the name winter", "winter"),
        ("what is its name", ""),
        ("deploy it as real-time", ""),
    ],
)
def test_a_name_for_something_new_is_read(text: str, name: str) -> None:
    assert name_given(text) == name


def test_another_time_for_a_schedule_deletes_it_and_makes_it_anew() -> None:
    steps = moved("move nightly-training from 02:00 to 03:15", NOTHING, WORLD.timetable())

    assert steps == [
        'delete_schedule {"schedule": "nightly-training"}',
        'schedule_run {"pipeline": "delay-prediction", "cron": "15 3 * * *", '
        '"name": "nightly-training"}',
    ]
    assert moved("copy the june plan to scratch", NOTHING, WORLD.timetable()) == []


def test_a_wish_that_hangs_on_a_judgement_is_told_from_one_that_does_not() -> None:
    assert judged_in("promote it ONLY if it does") == "promote it"
    assert judged_in("if the challenger is better, promote it") == "promote it"
    assert judged_in("promote the challenger") == ""
