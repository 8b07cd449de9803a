"""The drift check for Kubeflow Pipelines: its tasks move files and call the science."""

# kfp ships no types, so to a type checker its decorators erase what they decorate.
# mypy: disable-error-code="untyped-decorator"

from kfp import dsl

from pipelines.delay.pipeline import IMAGE
from pipelines.drift import parameters
from pipelines.scoring.parameters import DEFAULT_MODEL


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def compare_with_training(
    data: dsl.Input[dsl.Dataset],
    bundle: dsl.Input[dsl.Model],
    threshold: float,
    source: str,
    drift: dsl.Output[dsl.Artifact],
    headline: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
) -> None:
    """Compare every feature, the predictions and known outcomes with the training data."""
    import tempfile
    from pathlib import Path

    from pipelines.delay import task
    from pipelines.delay.bundle import read_bundle
    from pipelines.drift import check, parameters
    from pipelines.drift import report as pages

    path = Path(data.path)
    with task.explained(), tempfile.TemporaryDirectory() as folder, path.open("rb") as content:
        parameters.check_threshold(threshold)
        found = read_bundle(Path(bundle.path), Path(folder))
        recent = check.read_recent(content, path.name, found.scorer, found.card)
        result = check.check(
            recent,
            found.scorer,
            found.card,
            found.reference,
            # On one machine the run's parameter has become the path of a copy.
            source=path.name if Path(source).is_absolute() else source,
            threshold=threshold,
        )
    Path(drift.path).write_bytes(pages.to_json(result))
    drift.metadata.update(kind="metrics", file_name="drift.json")
    Path(report.path).write_text(pages.write_report(result), encoding="utf-8")
    report.metadata.update(kind="report", file_name="report.html")
    for name, value in check.headline(result).items():
        headline.log_metric(name, value)
    # Without a file at its path the task would never be reused.
    Path(headline.path).write_text(task.written(dict(check.headline(result))), encoding="utf-8")
    task.say(
        *(
            f"{one.feature}: PSI {one.psi:.3f}, {one.verdict}. {one.moved}"
            for one in result.features
        ),
        result.advice,
        *result.notes,
    )


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def raise_alert(drift: dsl.Input[dsl.Artifact], alert: dsl.Output[dsl.Artifact]) -> None:
    """Say aloud what has drifted."""
    from pathlib import Path

    from pipelines.delay import task
    from pipelines.drift.report import read_json

    with task.explained():
        found = read_json(Path(drift.path).read_bytes())
    drifted = ", ".join(found.drifted)
    words = f"ALERT: {drifted or 'something'} drifted. " if found.verdict == "drifted" else ""
    Path(alert.path).write_text(f"{words}{found.advice}\n", encoding="utf-8")
    alert.metadata.update(file_name="alert.txt", verdict=str(found.verdict), drifted=drifted)
    task.say(f"{words}{found.advice}")


@dsl.pipeline(name=parameters.NAME, description=parameters.DESCRIPTION)
def drift_check(
    data: str,
    model: str = DEFAULT_MODEL,  # noqa: ARG001  # becomes model_file before a run starts
    threshold: float = parameters.DEFAULT_THRESHOLD,
    model_file: str = "",
) -> None:
    """Compose the tasks; `model` has become `model_file` before a run starts."""
    recent = dsl.importer(artifact_uri=data, artifact_class=dsl.Dataset, reimport=False)
    recent.set_display_name("load-recent")
    bundle = dsl.importer(artifact_uri=model_file, artifact_class=dsl.Model, reimport=False)
    bundle.set_display_name("load-model")
    compared = compare_with_training(
        data=recent.output, bundle=bundle.output, threshold=threshold, source=data
    )
    compared.set_env_variable("OMP_NUM_THREADS", "1")
    raise_alert(drift=compared.outputs["drift"])
