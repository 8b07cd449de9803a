"""The delay pipeline for Kubeflow Pipelines: its tasks move files and call the science."""

# kfp ships no types, so to a type checker its decorators erase what they decorate.
# mypy: disable-error-code="untyped-decorator"

import hashlib
from pathlib import Path

from kfp import dsl

from pipelines.delay import parameters

IMAGE = "mlops-swarm:0.1.0"
"""Holds this project: `deploy/Dockerfile` builds it; on one machine no image is used."""


def science_version() -> str:
    """Return a hash of this pipeline's source."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def validate_data(
    data: dsl.Input[dsl.Dataset],
    models: list[str],
    folds: int,
    test_size: float,
    split: str,
    seed: int,
    minimum_accuracy: float,
    table: dsl.Output[dsl.Dataset],
) -> None:
    """Refuse parameters and tables with which the run could not end well."""
    from pathlib import Path

    from pipelines.delay import data as tables
    from pipelines.delay import parameters, task

    with task.explained():
        parameters.check(
            models=models,
            folds=folds,
            test_size=test_size,
            split=split,
            seed=seed,
            minimum_accuracy=minimum_accuracy,
        )
        source = Path(data.path)
        valid = tables.validate(tables.read_table(source))
        described = tables.describe(valid, source)
        valid.to_parquet(table.path)
    table.metadata.update(
        kind="dataset", file_name="valid.parquet", description=task.written(described)
    )
    task.say(f"{described.rows} rows, {described.delayed_share:.1%} delayed, are valid.")


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def prepare_data(
    table: dsl.Input[dsl.Dataset], exclude_cameras: bool, prepared: dsl.Output[dsl.Dataset]
) -> None:
    """Keep what models may learn from."""
    import pandas as pd

    from pipelines.delay import features, task

    with task.explained():
        kept = features.prepare(pd.read_parquet(table.path), exclude_cameras=exclude_cameras)
        kept.to_parquet(prepared.path)
    prepared.metadata.update(kind="dataset", file_name="prepared.parquet")
    task.say(f"{len(kept)} rows with {len(features.feature_columns(kept))} features.")


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def split_data(
    prepared: dsl.Input[dsl.Dataset],
    split: str,
    test_size: float,
    seed: int,
    training: dsl.Output[dsl.Dataset],
    testing: dsl.Output[dsl.Dataset],
) -> None:
    """Set test rows aside before anything is learned."""
    import pandas as pd

    from pipelines.delay import splitting, task

    with task.explained():
        parts = splitting.split(
            pd.read_parquet(prepared.path), kind=split, test_size=test_size, seed=seed
        )
        parts.training.to_parquet(training.path)
        parts.testing.to_parquet(testing.path)
    described = task.written(parts.description)
    training.metadata.update(kind="dataset", file_name="training.parquet", description=described)
    testing.metadata.update(kind="dataset", file_name="testing.parquet", description=described)
    task.say(str(parts.description))


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def tune_model(
    model_name: str,
    training: dsl.Input[dsl.Dataset],
    folds: int,
    split: str,
    seed: int,
    candidate: dsl.Output[dsl.Model],
) -> None:
    """Tune one classifier inside the training rows."""
    from pathlib import Path

    import pandas as pd

    from pipelines.delay import task
    from pipelines.delay import training as tuning

    with task.explained():
        rows = pd.read_parquet(training.path)
        tuned = tuning.search(rows, model_name, folds=folds, split=split, seed=seed)
        tuning.store(tuned.model, Path(candidate.path))
    summary = tuned.summary
    candidate.metadata.update(
        kind="model",
        file_name=f"{model_name}.skops",
        algorithm=model_name,
        cv_accuracy=summary.accuracy,
        summary=task.written(summary),
    )
    task.say(
        f"{model_name}: {summary.accuracy:.3f} ± {summary.deviation:.3f} in cross-validation with "
        f"{summary.parameters}, {summary.candidates} combinations in {summary.seconds:.1f} s."
    )


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def compare_models(
    candidates: dsl.Input[list[dsl.Model]],
    table: dsl.Input[dsl.Dataset],
    training: dsl.Input[dsl.Dataset],
    testing: dsl.Input[dsl.Dataset],
    minimum_accuracy: float,
    seed: int,
    comparison: dsl.Output[dsl.Artifact],
    answers: dsl.Output[dsl.Dataset],
) -> None:
    """Ask all models for the test rows and judge the one that did best in cross-validation."""
    from pathlib import Path

    import pandas as pd

    from pipelines.delay import answers as answering
    from pipelines.delay import comparison as comparing
    from pipelines.delay import data as tables
    from pipelines.delay import splitting, task
    from pipelines.delay.training import SearchSummary

    with task.explained():
        summaries = [task.read(SearchSummary, item.metadata["summary"]) for item in candidates]
        asked = answering.ask(
            {item.metadata["algorithm"]: Path(item.path) for item in candidates},
            comparing.ranked(summaries)[0].algorithm,
            Path(testing.path),
            seed,
        )
        found = comparing.judge(
            summaries,
            asked,
            pd.read_parquet(training.path),
            pd.read_parquet(testing.path),
            data=task.read(tables.DataDescription, table.metadata["description"]),
            split=task.read(splitting.SplitDescription, testing.metadata["description"]),
            minimum_accuracy=minimum_accuracy,
        )
    pd.DataFrame(asked.chances).to_parquet(answers.path)
    Path(comparison.path).write_bytes(found.to_json())
    answers.metadata["file_name"] = "chances.parquet"
    comparison.metadata["file_name"] = "comparison.json"
    task.say(found.why, found.verdict)


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def evaluate_models(
    comparison: dsl.Input[dsl.Artifact],
    answers: dsl.Input[dsl.Dataset],
    testing: dsl.Input[dsl.Dataset],
    evaluation: dsl.Output[dsl.Artifact],
    headline: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
    model_comparison: dsl.Output[dsl.Artifact],
    confusion_matrix: dsl.Output[dsl.Artifact],
    roc_curve: dsl.Output[dsl.Artifact],
    feature_importance: dsl.Output[dsl.Artifact],
    calibration: dsl.Output[dsl.Artifact],
    model_comparison_chart: dsl.Output[dsl.Artifact],
    confusion_matrix_chart: dsl.Output[dsl.Artifact],
    roc_curve_chart: dsl.Output[dsl.Artifact],
    feature_importance_chart: dsl.Output[dsl.Artifact],
    calibration_chart: dsl.Output[dsl.Artifact],
) -> None:
    """Draw and report how good the models are.

    It is long because KFP wants every output named in the signature.
    """
    from pathlib import Path

    import pandas as pd

    from pipelines.delay import plots, schema, task
    from pipelines.delay.evaluation import Evaluation
    from pipelines.delay.report import write_report

    pictures = {
        "model_comparison": (model_comparison, model_comparison_chart),
        "confusion_matrix": (confusion_matrix, confusion_matrix_chart),
        "roc_curve": (roc_curve, roc_curve_chart),
        "feature_importance": (feature_importance, feature_importance_chart),
        "calibration": (calibration, calibration_chart),
    }
    with task.explained():
        found = Evaluation.read(Path(comparison.path).read_bytes())
        truth = pd.read_parquet(testing.path, columns=[schema.LABEL])[schema.LABEL].to_numpy()
        chances = pd.read_parquet(answers.path)
        drawn = plots.charts(found, truth, {name: chances[name].to_numpy() for name in found.names})
        for name, chart in drawn.items():
            picture, value = pictures[name]
            plots.write(chart, Path(picture.path), Path(value.path))
            picture.metadata.update(kind="plot", plot=name, file_name=f"plots/{name}.png")
            value.metadata["file_name"] = f"plots/{name}.json"
    Path(evaluation.path).write_bytes(found.to_json())
    evaluation.metadata.update(kind="metrics", file_name="metrics.json")
    page = write_report(
        found, {name: Path(picture.path) for name, (picture, _) in pictures.items()}
    )
    Path(report.path).write_text(page, encoding="utf-8")
    report.metadata.update(kind="report", file_name="report.html")
    for name, value in found.headline().items():
        headline.log_metric(name, value)
    # Without a file at its path the task would never be reused.
    Path(headline.path).write_text(task.written(found.headline()), encoding="utf-8")
    task.say(found.why, found.verdict, *found.notes, *found.gate.reasons)


@dsl.component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def choose_model(
    candidates: dsl.Input[list[dsl.Model]],
    training: dsl.Input[dsl.Dataset],
    testing: dsl.Input[dsl.Dataset],
    comparison: dsl.Input[dsl.Artifact],
    seed: int,
    model: dsl.Output[dsl.Model],
    model_metadata: dsl.Output[dsl.Artifact],
    card: dsl.Output[dsl.Artifact],
    reference: dsl.Output[dsl.Artifact],
) -> None:
    """Hand out the winner with its card and say whether it may be registered."""
    import shutil
    from pathlib import Path

    import pandas as pd

    from pipelines.delay import card as cards
    from pipelines.delay import examination, task
    from pipelines.delay import training as tuning
    from pipelines.delay.evaluation import Evaluation

    with task.explained():
        found = Evaluation.read(Path(comparison.path).read_bytes())
    winner = next(item for item in candidates if item.metadata["algorithm"] == found.winner)
    shutil.copyfile(winner.path, model.path)
    learned, tested = pd.read_parquet(training.path), pd.read_parquet(testing.path)
    with task.explained():
        fitted = tuning.load(Path(winner.path))
        examined = examination.examine(fitted, tested, found.importances, seed)
        kept = examination.reference(fitted, learned, tested, seed)
    Path(card.path).write_bytes(cards.to_json(cards.model_card(found, learned, examined)))
    card.metadata["file_name"] = "card.json"
    Path(reference.path).write_bytes(cards.reference_to_json(kept))
    reference.metadata["file_name"] = "reference.json"
    model.metadata.update(
        kind="model",
        file_name="model.skops",
        registers_as=cards.MODEL,
        algorithm=found.winner,
        gate_passed=found.gate.passed,
        gate_reasons=" ".join(found.gate.reasons),
        **found.headline(),
    )
    # A cluster does not tell the metadata of what its tasks made; this file does.
    Path(model_metadata.path).write_text(task.written(dict(model.metadata)), encoding="utf-8")
    model_metadata.metadata["file_name"] = "model_metadata.json"
    decision = "may be registered" if found.gate.passed else "is not registered"
    task.say(f"{found.winner} {decision}.", *found.gate.reasons)


def _mark(*tasks: dsl.PipelineTask) -> None:
    for task in tasks:
        # A task whose science has changed must not be answered from the cache.
        task.set_env_variable("DELAY_SCIENCE", science_version())
        # Several searches run side by side; none must start threads of its own.
        task.set_env_variable("OMP_NUM_THREADS", "1")


@dsl.pipeline(name=parameters.NAME, description=parameters.DESCRIPTION)
def delay_prediction(
    data: str = parameters.DEFAULT_DATA,
    models: list[str] = parameters.DEFAULT_MODELS,
    folds: int = parameters.DEFAULT_FOLDS,
    test_size: float = parameters.DEFAULT_TEST_SIZE,
    split: str = parameters.DEFAULT_SPLIT,
    exclude_cameras: bool = parameters.DEFAULT_EXCLUDE_CAMERAS,
    seed: int = parameters.DEFAULT_SEED,
    minimum_accuracy: float = parameters.DEFAULT_MINIMUM_ACCURACY,
) -> None:
    """Compose the tasks."""
    source = dsl.importer(artifact_uri=data, artifact_class=dsl.Dataset, reimport=False)
    source.set_display_name("import-data")
    valid = validate_data(
        data=source.output,
        models=models,
        folds=folds,
        test_size=test_size,
        split=split,
        seed=seed,
        minimum_accuracy=minimum_accuracy,
    )
    prepared = prepare_data(table=valid.outputs["table"], exclude_cameras=exclude_cameras)
    parts = split_data(
        prepared=prepared.outputs["prepared"], split=split, test_size=test_size, seed=seed
    )
    with dsl.ParallelFor(models, name="each-model") as model_name:
        tuned = tune_model(
            model_name=model_name,
            training=parts.outputs["training"],
            folds=folds,
            split=split,
            seed=seed,
        )
    compared = compare_models(
        # The compiler rewrites what it is given, so every reader needs its own.
        candidates=dsl.Collected(tuned.outputs["candidate"]),
        table=valid.outputs["table"],
        training=parts.outputs["training"],
        testing=parts.outputs["testing"],
        minimum_accuracy=minimum_accuracy,
        seed=seed,
    )
    # Neither needs the other, so they work side by side.
    evaluated = evaluate_models(
        comparison=compared.outputs["comparison"],
        answers=compared.outputs["answers"],
        testing=parts.outputs["testing"],
    )
    chosen = choose_model(
        candidates=dsl.Collected(tuned.outputs["candidate"]),
        training=parts.outputs["training"],
        testing=parts.outputs["testing"],
        comparison=compared.outputs["comparison"],
        seed=seed,
    )
    _mark(valid, prepared, parts, tuned, compared, evaluated, chosen)
