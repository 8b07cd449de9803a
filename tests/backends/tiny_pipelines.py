"""Small pipelines to run for real."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler, dsl

from backends.runs_local import LocalRuns
from core.pipelines import Parameter, PipelineSpec
from core.runs import Run

component = dsl.component(
    base_image="python:3.11", packages_to_install=[], install_kfp_package=False
)

_TYPES = {
    "STRING": "string",
    "NUMBER_INTEGER": "integer",
    "NUMBER_DOUBLE": "number",
    "BOOLEAN": "boolean",
    "LIST": "list",
    "STRUCT": "struct",
}


def compiled(pipeline: Callable[..., Any], folder: Path) -> PipelineSpec:
    """Compile a pipeline function as a catalog would."""
    path = folder / "package.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    package = path.read_text()
    read = yaml.safe_load(package)
    inputs = read["root"].get("inputDefinitions", {}).get("parameters", {})
    return PipelineSpec(
        name=read["pipelineInfo"]["name"],
        description="",
        parameters=tuple(
            Parameter(
                name=name,
                type=_TYPES[value["parameterType"]],
                default=value.get("defaultValue"),
                required=not value.get("isOptional", False),
            )
            for name, value in inputs.items()
        ),
        tasks=(),
        package=package,
        version=hashlib.sha256(package.encode()).hexdigest()[:12],
    )


def looks(runs: LocalRuns, run_id: str, seconds: float = 30) -> Iterator[Run]:
    """Yield the run again and again, for a bounded time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield runs.get(run_id)
        time.sleep(0.02)
    raise AssertionError(f"Waited in vain for {runs.get(run_id)}.")


def ended(runs: LocalRuns, run_id: str) -> Run:
    """Wait for the end of a run."""
    return next(run for run in looks(runs, run_id) if run.state.ended)


@component
def say(text: str = None) -> None:  # type: ignore[assignment]  # noqa: RUF013  # as people write KFP components
    import sys

    sys.stdout.write(f"said {text!r}\n")


@component
def count_lines(table: dsl.Input[dsl.Dataset], counted: dsl.Output[dsl.Dataset]) -> int:
    import sys

    with open(table.path) as source:
        lines = source.read().splitlines()
    with open(counted.path, "w") as target:
        target.write(f"lines\n{len(lines)}\n")
    counted.metadata["file_name"] = "counted.csv"
    sys.stdout.write(f"counted {len(lines)} lines\n")
    return len(lines)


@component
def measure(lines: int, scale: float, metrics: dsl.Output[dsl.Metrics]) -> None:
    metrics.log_metric("scaled", lines * scale)
    metrics.metadata["file_name"] = "metrics.json"


@component
def draw(folder: dsl.Output[dsl.Artifact]) -> None:
    import pathlib

    place = pathlib.Path(folder.path)
    place.mkdir(parents=True)
    (place / "roc_curve.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (place / "roc_curve.json").write_text("{}")


@dsl.pipeline(name="counting")
def counting(data: str, scale: float = 2.0, note: str = None):  # type: ignore[assignment]  # noqa: RUF013  # as people write KFP pipelines
    table = dsl.importer(artifact_uri=data, artifact_class=dsl.Dataset, reimport=False)
    table.set_display_name("import-data")
    counted = count_lines(table=table.output)
    measure(lines=counted.outputs["Output"], scale=scale)
    draw()
    say(text=note)


@component
def fit(name: str, seconds: float, fitted: dsl.Output[dsl.Model]) -> str:
    import pathlib
    import time

    time.sleep(seconds)
    pathlib.Path(fitted.path).write_text(name)
    return name


@component
def choose(fitted: dsl.Input[list[dsl.Model]]) -> str:
    names = []
    for model in fitted:
        with open(model.path) as text:
            names.append(text.read())
    return ",".join(sorted(names))


@dsl.pipeline(name="fitting")
def fitting(names: list[str], seconds: float = 0.5, praising: bool = False):
    with dsl.ParallelFor(names) as name:
        fitted = fit(name=name, seconds=seconds)
        fitted.set_display_name("fit-model")
    choose(fitted=dsl.Collected(fitted.outputs["fitted"]))
    with dsl.If(praising == True):  # noqa: E712  # compiled, not compared
        say(text="well done")


@component
def break_off(how: str) -> None:
    import os
    import signal

    from core.errors import RequestError

    if how == "sentence":
        raise RequestError("The table has no column 'borough'.", hint="Check the file.")
    if how == "signal":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(3)


@dsl.pipeline(name="breaking")
def breaking(how: str = "sentence"):
    broken = break_off(how=how)
    say(text="never").after(broken)


@component
def sleep(seconds: float) -> None:
    import subprocess
    import sys
    import time

    # One child that shares the session and one that left it.
    subprocess.Popen(["sleep", str(seconds)])
    subprocess.Popen(["sleep", str(seconds)], start_new_session=True)
    sys.stdout.write("asleep\n")
    sys.stdout.flush()
    time.sleep(seconds)


@dsl.pipeline(name="sleeping")
def sleeping(seconds: float = 60.0):
    sleep(seconds=seconds)


@component
def fail_once(marker: str) -> None:
    import pathlib
    import sys

    path = pathlib.Path(marker)
    if not path.exists():
        path.write_text("")
        raise ValueError("the first attempt fails")
    sys.stdout.write("the second attempt works\n")


@dsl.pipeline(name="retrying")
def retrying(marker: str):
    fail_once(marker=marker).set_retry(num_retries=1, backoff_duration="0s")


@dsl.pipeline(name="pausing")
def pausing(marker: str):
    fail_once(marker=marker).set_retry(num_retries=1, backoff_duration="1s")
    sleep(seconds=0.1)


@dsl.pipeline(name="branching")
def branching(word: str):
    with dsl.If(word == "plain"):
        say(text="as plain")
    with dsl.Else():
        say(text="as other")


@dsl.container_component
def shell():
    return dsl.ContainerSpec(image="alpine", command=["echo", "hello"])


@dsl.pipeline(name="containing")
def containing():
    shell()


@component
def tell_word() -> None:
    import sys

    from changing import WORD  # type: ignore[import-not-found]  # a module of the test

    sys.stdout.write(f"{WORD}\n")


@dsl.pipeline(name="telling")
def telling():
    tell_word()
