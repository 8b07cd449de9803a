"""What a run of the delay pipeline can be told, said once."""

from collections.abc import Sequence

from core.errors import RequestError, closest
from core.pipelines import Parameter

NAME = "delay-prediction"
DESCRIPTION = (
    "Trains models that predict whether a Scope or Design phase of a school construction project "
    "will end after its planned end: checks the table, tunes nine classifiers side by side, "
    "compares them on later phases, explains the best one and offers it for registration."
)

MODELS = (
    "LogisticRegression",
    "DecisionTree",
    "RandomForest",
    "SVC",
    "KNN",
    "GradientBoosting",
    "AdaBoost",
    "XGBoost",
    "MLP",
)
SPLITS = ("time", "group", "random")
FOLDS = range(2, 11)
TEST_SIZES = (0.1, 0.5)
SEEDS = range(2**32)

DEFAULT_DATA = "datasets/schedule_management.csv"
DEFAULT_MODELS = [
    "SVC",
    "GradientBoosting",
    "XGBoost",
    "AdaBoost",
    "RandomForest",
    "MLP",
    "DecisionTree",
    "LogisticRegression",
    "KNN",
]
"""All, the slowest to tune first (from 14 s to half a second of one core on the shipped table): a
long search that begins last keeps one core busy while the others have nothing to do."""
DEFAULT_FOLDS = 5
DEFAULT_TEST_SIZE = 0.2
DEFAULT_SPLIT = "time"
DEFAULT_EXCLUDE_CAMERAS = False
DEFAULT_SEED = 42
DEFAULT_MINIMUM_ACCURACY = 0.6

PARAMETERS = (
    Parameter(
        name="data",
        type="string",
        default=DEFAULT_DATA,
        description="The table of phases, a CSV or Parquet object as bucket/key.",
        is_object=True,
    ),
    Parameter(
        name="models",
        type="list",
        default=[*DEFAULT_MODELS],
        description="The classifiers to tune and compare.",
        choices=MODELS,
    ),
    Parameter(
        name="folds",
        type="integer",
        default=DEFAULT_FOLDS,
        description="Folds of the cross-validation inside the training rows, 2 to 10.",
        minimum=FOLDS.start,
        maximum=FOLDS.stop - 1,
    ),
    Parameter(
        name="test_size",
        type="number",
        default=DEFAULT_TEST_SIZE,
        description="Share of the rows kept for the final comparison, 0.1 to 0.5.",
        minimum=TEST_SIZES[0],
        maximum=TEST_SIZES[1],
    ),
    Parameter(
        name="split",
        type="string",
        default=DEFAULT_SPLIT,
        description=(
            "How test rows are chosen: the latest phases (time), whole projects (group) or any "
            "rows (random, which flatters the models)."
        ),
        choices=SPLITS,
    ),
    Parameter(
        name="exclude_cameras",
        type="boolean",
        default=DEFAULT_EXCLUDE_CAMERAS,
        description="Whether to leave out the easy camera installations.",
    ),
    Parameter(
        name="seed",
        type="integer",
        default=DEFAULT_SEED,
        description="The start of every random choice; the same seed gives the same result.",
        minimum=0,
        maximum=SEEDS.stop - 1,
    ),
    Parameter(
        name="minimum_accuracy",
        type="number",
        default=DEFAULT_MINIMUM_ACCURACY,
        description="The test accuracy that a model needs to be registered, 0 to 1.",
        minimum=0,
        maximum=1,
    ),
)


def check(
    *,
    models: Sequence[str],
    folds: int,
    test_size: float,
    split: str,
    seed: int,
    minimum_accuracy: float,
) -> None:
    """Refuse parameters with which a run could not end well.

    Raises:
        RequestError: A parameter has an impossible value; the message names it.
    """
    _check_models(models)
    _check_choice("split", split, SPLITS)
    if folds not in FOLDS:
        raise RequestError(
            f"The parameter 'folds' cannot be {folds}.",
            hint=f"Give a whole number from {FOLDS.start} to {FOLDS.stop - 1}.",
        )
    low, high = TEST_SIZES
    if not low <= test_size <= high:
        raise RequestError(
            f"The parameter 'test_size' cannot be {test_size:g}.",
            hint=f"Give a share from {low:g} to {high:g}; 0.2 is a good one.",
        )
    if not 0 <= minimum_accuracy <= 1:
        raise RequestError(
            f"The parameter 'minimum_accuracy' cannot be {minimum_accuracy:g}.",
            hint="Give a share from 0 to 1, for example 0.6.",
        )
    if seed not in SEEDS:
        raise RequestError(
            f"The parameter 'seed' cannot be {seed}.", hint="Give a whole number from 0 on."
        )


def _check_models(models: Sequence[str]) -> None:
    if not models:
        raise RequestError(
            "The parameter 'models' names no model.", hint=f"Name one of {', '.join(MODELS)}."
        )
    for model in models:
        _check_choice("models", model, MODELS)
    repeated = {model for model in models if list(models).count(model) > 1}
    if repeated:
        raise RequestError(
            f"The parameter 'models' names {', '.join(sorted(repeated))} more than once.",
            hint="Name each model once.",
        )


def _check_choice(parameter: str, value: str, choices: Sequence[str]) -> None:
    if value in choices:
        return
    near = closest(value, choices, limit=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise RequestError(
        f"The parameter {parameter!r} cannot be {value!r}.",
        hint=f"{guess}The choices are {', '.join(choices)}.",
    )
