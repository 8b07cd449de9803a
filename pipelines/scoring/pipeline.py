"""The scoring pipeline for Kubeflow Pipelines: its tasks move files and call the science."""

# kfp ships no types, so to a type checker its decorators erase what they decorate.
# mypy: disable-error-code="untyped-decorator"

from kfp import dsl

from pipelines.delay.pipeline import IMAGE
from pipelines.scoring import parameters


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def score_phases(
    data: dsl.Input[dsl.Dataset],
    bundle: dsl.Input[dsl.Model],
    predictions: dsl.Output[dsl.Dataset],
    headline: dsl.Output[dsl.Metrics],
) -> None:
    """Write a prediction for every row."""
    import shutil
    import tempfile
    from pathlib import Path

    from pipelines.delay import task
    from pipelines.delay.bundle import read_bundle
    from pipelines.scoring.scoring import score

    source = Path(data.path)
    with task.explained(), tempfile.TemporaryDirectory() as folder, source.open("rb") as content:
        found = read_bundle(Path(bundle.path), Path(folder))
        target = Path(folder) / "predictions.csv"
        scored = score(content, source.name, target, found.scorer, found.card.typical)
        shutil.copyfile(target, predictions.path)
    predictions.metadata.update(
        kind="dataset", file_name="predictions.csv", model=found.name, rows=scored.rows
    )
    for name, value in scored.headline().items():
        headline.log_metric(name, value)
    # Without a file at its path the task would never be reused.
    Path(headline.path).write_text(task.written(scored.headline()), encoding="utf-8")
    task.say(*scored.told(found.name))


@dsl.pipeline(name=parameters.NAME, description=parameters.DESCRIPTION)
def delay_scoring(
    data: str,
    model: str = parameters.DEFAULT_MODEL,  # noqa: ARG001  # becomes model_file
    version: str = parameters.DEFAULT_VERSION,  # noqa: ARG001  # becomes model_file
    model_file: str = "",
) -> None:
    """Compose the tasks; `model` and `version` have become `model_file` before a run starts."""
    phases = dsl.importer(artifact_uri=data, artifact_class=dsl.Dataset, reimport=False)
    phases.set_display_name("load-phases")
    bundle = dsl.importer(artifact_uri=model_file, artifact_class=dsl.Model, reimport=False)
    bundle.set_display_name("load-model")
    scored = score_phases(data=phases.output, bundle=bundle.output)
    scored.set_env_variable("OMP_NUM_THREADS", "1")
