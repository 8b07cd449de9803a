"""What the graph of a pipeline says is what happens: branches, loops, values, side by side."""

from pathlib import Path

import pytest
import tiny_graphs
from tiny_pipelines import compiled, ended

from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.errors import RequestError
from core.runs import Run, RunState, TaskState


@pytest.fixture
def runs(tmp_path: Path) -> LocalRuns:
    return LocalRuns(home=tmp_path / "home", store=FolderStore(tmp_path / "objects"), workers=4)


@pytest.fixture(scope="module")
def puzzled(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalRuns, Run]:
    folder = tmp_path_factory.mktemp("puzzled")
    runs = LocalRuns(home=folder / "home", store=FolderStore(folder / "objects"), workers=2)
    puzzling = compiled(tiny_graphs.puzzling, folder)
    return runs, ended(runs, runs.start(puzzling, {"word": "it's 'so' \"called\""}).id)


def test_every_kind_of_graph_comes_to_its_end(puzzled: tuple[LocalRuns, Run]) -> None:
    _, run = puzzled
    assert (run.state, run.reason) == (RunState.SUCCEEDED, "")
    skipped = {task.name for task in run.tasks if task.state is TaskState.SKIPPED}
    assert skipped == {"note-2", "note-4"}
    assert {task.name for task in run.tasks if task.state is not TaskState.SUCCEEDED} == skipped


@pytest.mark.parametrize(
    ("task", "line"),
    [
        ("chosen", "noted large and it's 'so' \"called\""),
        ("total-collected", "adding [2, 4]"),
        ("total-literal", "adding [3, 2, 4]"),
        ("pair [2, 10]", "adding [2, 10]"),
        ("say-all", "said ['it\\'s \\'so\\' \"called\" 1', 'it\\'s \\'so\\' \"called\" 2']"),
        ("clean-up", "cleaned up after SUCCEEDED"),
    ],
)
def test_values_arrive_as_they_were_meant(
    puzzled: tuple[LocalRuns, Run], task: str, line: str
) -> None:
    runs, run = puzzled
    assert runs.logs(run.id, task).lines[-1] == line


def test_tasks_that_do_not_wait_for_one_another_work_side_by_side(
    runs: LocalRuns, tmp_path: Path
) -> None:
    meeting = compiled(tiny_graphs.meeting, tmp_path)
    run = ended(runs, runs.start(meeting, {"folder": str(tmp_path)}).id)
    assert (run.state, run.reason) == (RunState.SUCCEEDED, "")
    assert len(run.tasks) == 4


def test_what_a_task_imports_must_be_there(runs: LocalRuns, tmp_path: Path) -> None:
    later = compiled(tiny_graphs.fetching_later, tmp_path)
    run = ended(runs, runs.start(later, {"place": "s3://somewhere/table.csv"}).id)
    assert run.state is RunState.FAILED
    assert run.reason.startswith("s3://somewhere/table.csv cannot be read on this machine.")


def test_a_full_disk_is_the_reason_that_is_told(runs: LocalRuns, tmp_path: Path) -> None:
    run = ended(runs, runs.start(compiled(tiny_graphs.filling, tmp_path), {}).id)
    assert run.reason == "The disk is full: there is no room for what the run writes."


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        (tiny_graphs.quoting, r"The condition .*== 'it's' cannot be told\. A quote"),
        (tiny_graphs.fetching, "import-table imports s3://somewhere/table.csv, which is not down"),
        (tiny_graphs.unpacking, "unpack needs packages that are not installed here: .*no-such-pa"),
    ],
)
def test_what_would_go_wrong_is_refused_before_any_run(
    runs: LocalRuns, tmp_path: Path, pipeline: object, reason: str
) -> None:
    assert callable(pipeline)
    spec = compiled(pipeline, tmp_path)
    given = {"word": "x"} if spec.parameters else {}
    with pytest.raises(RequestError, match=reason):
        runs.check(spec, given)
    with pytest.raises(RequestError, match=reason):
        runs.start(spec, given)
    with pytest.raises(RequestError, match=reason):
        runs.upload(spec)
    assert runs.list().total == 0
