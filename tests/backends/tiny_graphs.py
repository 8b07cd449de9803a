"""Small pipelines whose graphs have loops, branches and tasks that do not wait for one another."""

from kfp import dsl
from tiny_pipelines import component


@component
def note(text: str) -> str:
    import sys

    sys.stdout.write(f"noted {text}\n")
    return text


@component
def numbers() -> list:
    return [1, 2]


@component
def double(x: int) -> int:
    return 2 * x


@component
def total(xs: list) -> int:
    import sys

    sys.stdout.write(f"adding {xs!r}\n")
    return sum(xs)


@component
def label(text: str, number: int) -> str:
    return f"{text} {number}"


@component
def say_all(texts: list) -> str:
    import sys

    sys.stdout.write(f"said {texts!r}\n")
    return ""


@component
def clean_up(status: dsl.PipelineTaskFinalStatus) -> None:
    import sys

    sys.stdout.write(f"cleaned up after {status.state}\n")


@dsl.pipeline(name="puzzling")
def puzzling(word: str, x: int = 3, records: list = [{"a": 1}, {"a": 2}]):  # noqa: B006  # as people write KFP pipelines
    cleaning = clean_up()
    with dsl.ExitHandler(cleaning):
        said = note(text=word)
        with dsl.If(word == "plain"):
            plain = note(text="as plain")
        with dsl.Elif(x > 2):
            large = note(text=f"large and {word}")
        with dsl.Else():
            other = note(text="as other")
        note(text=dsl.OneOf(plain.output, large.output, other.output)).set_display_name("chosen")
        with dsl.ParallelFor(numbers().output) as number:
            doubled = double(x=number)
        total(xs=dsl.Collected(doubled.output)).set_display_name("total-collected")
        four = double(x=2)
        total(xs=[x, 2, four.output]).set_display_name("total-literal")
        with dsl.ParallelFor(records) as record:
            labelled = label(text=said.output, number=record.a)
        say_all(texts=dsl.Collected(labelled.output))
        with dsl.ParallelFor([1, 2]) as outer, dsl.ParallelFor([10, 20]) as inner:
            total(xs=[outer, inner]).set_display_name("pair")


@component
def meet(folder: str, me: str, other: str) -> None:
    import pathlib
    import time

    place = pathlib.Path(folder)
    (place / me).touch()
    deadline = time.monotonic() + 20
    while not (place / other).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{me} waited in vain for {other}")
        time.sleep(0.01)


@dsl.pipeline(name="meeting-inside")
def meeting_inside(folder: str):
    meet(folder=folder, me="c", other="d")
    meet(folder=folder, me="d", other="c")


@dsl.pipeline(name="meeting")
def meeting(folder: str, deeper: bool = True):
    meet(folder=folder, me="a", other="b")
    meet(folder=folder, me="b", other="a")
    with dsl.If(deeper == True):  # noqa: E712  # compiled, not compared
        meeting_inside(folder=folder)


@component
def count_up(folder: str, name: str, made: dsl.Output[dsl.Dataset]) -> int:
    import pathlib

    path = pathlib.Path(folder) / name
    done = len(path.read_text()) + 1 if path.exists() else 1
    path.write_text("." * done)
    pathlib.Path(made.path).write_text(name)
    return done


@component
def want(folder: str, name: str, before: int, metrics: dsl.Output[dsl.Metrics]) -> None:
    import pathlib

    if not (pathlib.Path(folder) / name).exists():
        raise FileNotFoundError(f"{name} is missing.")
    metrics.log_metric("before", before)


@dsl.pipeline(name="stumbling")
def stumbling(folder: str):
    first = count_up(folder=folder, name="first")
    with dsl.ParallelFor(["b", "c"]) as name:
        count_up(folder=folder, name=name).after(first)
    want(folder=folder, name="wanted", before=first.outputs["Output"])


@dsl.pipeline(name="quoting")
def quoting(word: str):
    with dsl.If(word == "it's"):
        note(text="never")


@dsl.pipeline(name="fetching")
def fetching():
    table = dsl.importer(
        artifact_uri="s3://somewhere/table.csv", artifact_class=dsl.Dataset, reimport=False
    )
    table.set_display_name("import-table")


@dsl.component(base_image="python:3.11", packages_to_install=["no-such-package==1"])
def unpack() -> None: ...


@dsl.pipeline(name="unpacking")
def unpacking():
    unpack()


@component
def fill_the_disk() -> None:
    with open("/dev/full", "w") as full:
        full.write("x" * 10_000)


@dsl.pipeline(name="filling")
def filling():
    fill_the_disk()


@component
def import_later(place: str) -> str:
    return place


@dsl.pipeline(name="fetching-later")
def fetching_later(place: str):
    found = import_later(place=place)
    table = dsl.importer(artifact_uri=found.output, artifact_class=dsl.Dataset, reimport=False)
    table.set_display_name("import-table")
