from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from core.diagnosis import Confidence
from core.runs import Run, RunState, Task, TaskState
from pipelines.diagnosis.finding import UNKNOWN, TaskLog, find_faults
from pipelines.diagnosis.memory import masked


def a_failed_run(reason: str, *, cached: bool = False) -> Run:
    tasks = [Task(name="fit", state=TaskState.FAILED, reason=reason)]
    if cached:
        tasks.insert(0, Task(name="split", state=TaskState.CACHED))
    return Run(
        id="c4d2907e",
        name="nightly",
        pipeline="training",
        state=RunState.FAILED,
        parameters={},
        created_at=datetime(2026, 5, 13, tzinfo=UTC),
        reason=f"fit: {reason}",
        tasks=tuple(tasks),
    )


def kinds(reason: str, lines: Sequence[str] = (), *, cached: bool = False) -> list[str]:
    logs = [TaskLog(task="fit", lines=lines)] if lines else []
    return [fault.kind for fault in find_faults(a_failed_run(reason, cached=cached), logs)]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("The table has no column 'borough'.", "missing-column"),
        ("\"['a'] not in index\" KeyError: \"['a'] not in index\"", "missing-column"),
        ("bucket 'recent-schedules' does not exist", "no-such-bucket"),
        ("No object 'may.csv' in bucket 'datasets'.", "missing-object"),
        ("TypeError: fit() missing 1 required positional argument: 'y'", "missing-parameter"),
        ("ValueError: could not convert string to float: 'n/a'", "wrong-type"),
        ("ValueError: Input X contains NaN.", "wrong-values"),
        ("ModuleNotFoundError: No module named 'lightgbm'", "import-error"),
        ("OSError: [Errno 28] No space left on device", "out-of-disk"),
        ("numpy: Unable to allocate 7.45 GiB for an array", "out-of-memory"),
        ("main exited with code 137", "out-of-memory"),
        ("PermissionError: [Errno 13] Permission denied: '/data'", "access-denied"),
        ("TimeoutError: the read operation timed out", "time-out"),
        ('Failed to pull image "team/train:1"', "image-pull"),
        ("The node was low on resource: ephemeral-storage.", "pod-evicted"),
        ('pods "a" is forbidden: exceeded quota: compute', "quota"),
        ("0/3 nodes are available: 3 Insufficient memory.", "no-room"),
        ("The worker process ended before the run did.", "killed-worker"),
        ("NameError: name 'frame' is not defined", "broken-code"),
    ],
)
def test_a_reason_is_told_by_its_kind(reason: str, kind: str) -> None:
    assert kinds(reason)[0] == kind


def test_what_ended_the_task_counts_more_than_what_was_said_before() -> None:
    lines = [
        "WARNING: statistics server timed out",
        "INFO: no cached result was found",
        "Traceback (most recent call last):",
        '  File "/app/fit.py", line 3, in fit',
        "    raise TimeoutError",
        "MemoryError",
    ]
    first, *_ = find_faults(a_failed_run("exit status 1"), [TaskLog(task="fit", lines=lines)])

    assert first.kind == "out-of-memory"
    assert [(line.task, line.number, line.text) for line in first.evidence] == [
        ("fit", 6, "MemoryError")
    ]


def test_a_key_that_is_missing_is_a_column_only_where_a_table_was_read() -> None:
    traceback = ["Traceback (most recent call last):", '  File "pandas/core/frame.py"']

    assert kinds("KeyError: 'borough'", [*traceback, "KeyError: 'borough'"])[0] == "missing-column"
    assert kinds("KeyError: 'borough'")[0] == "missing-key"


def test_a_missing_result_is_blamed_on_the_cache_only_after_a_cached_task() -> None:
    reason = "No such file or directory: '/store/artifacts/training/7f3a1c52/split/a.parquet'"

    assert kinds(reason, cached=True)[0] == "stale-cache"
    assert kinds(reason)[0] == "missing-file"


def test_what_no_rule_knows_is_not_explained_away() -> None:
    (fault,) = find_faults(a_failed_run("the flux is out of phase"), ())

    assert (fault.kind, fault.confidence) == (UNKNOWN, Confidence.LOW)
    assert fault.evidence[0].text == "the flux is out of phase"


def test_ids_numbers_and_folders_do_not_make_two_faults_of_one() -> None:
    one = masked("tune [SVC]: run 7f3a1c52 of /home/a/b/x.csv failed after 12 s: no column 'a'")
    other = masked("tune [KNN]: run 91b0e6d4 of /srv/c/d/x.csv failed after 7 s: no column 'a'")

    assert one == other
    assert one != masked("tune [SVC]: run 7f3a1c52 of /home/a/b/x.csv failed: no column 'b'")
