import numpy as np
import pandas as pd
import pytest

from pipelines.delay import fast, features, parameters, splitting, training
from pipelines.delay.data import read_table, validate
from pipelines.delay.schema import DATA_FOLDER

SEED = 3


@pytest.fixture(scope="module")
def parts() -> splitting.Split:
    table = validate(read_table(DATA_FOLDER / "schedule_management.csv"))
    return splitting.split(features.prepare(table), kind="time", test_size=0.2, seed=SEED)


SLOW_TO_TRAIN = {"RandomForest", "GradientBoosting", "XGBoost", "MLP", "KNN"}


@pytest.mark.parametrize(
    "algorithm",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW_TO_TRAIN else name
        for name in parameters.MODELS
    ],
)
def test_every_classifier_answers_fast_as_scikit_learn_does(
    parts: splitting.Split, algorithm: str
) -> None:
    rows = parts.training.sample(150, random_state=SEED).sort_index().reset_index(drop=True)
    model = training.search(rows, algorithm, folds=2, split="time", seed=SEED).model
    found = fast.fast(model, parts.testing.head(60))
    assert found is not None
    later = parts.testing.copy()
    later["district"] = later["district"].astype(object)
    later.loc[later.index[:5], "district"] = "never seen"
    later.loc[later.index[5:9], "project_type"] = None
    later.loc[later.index[9:20], "planned_duration_days"] = np.nan
    for size in (1, 7, 300):
        some = later.head(size)
        assert found.probabilities(fast.columns_of(some)) == pytest.approx(
            model.predict_proba(some[list(found.columns)])[:, 1], abs=1e-9
        )


def test_a_model_of_another_make_is_left_to_scikit_learn(parts: splitting.Split) -> None:
    from sklearn.linear_model import LogisticRegression

    rows = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
    model = LogisticRegression().fit(rows, [0, 0, 1, 1])
    assert fast.fast(model, rows) is None
    found = fast.answering(model, rows)
    assert found.probabilities(fast.columns_of(rows)) == pytest.approx(
        model.predict_proba(rows)[:, 1]
    )
    del parts
