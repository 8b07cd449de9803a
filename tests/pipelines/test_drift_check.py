import io
import math

import pandas as pd
import pytest
from made_models import made, valid_table

from core.drift import DriftReport, DriftVerdict
from core.errors import RequestError
from models.candidates import read_card, read_reference
from models.loading import read_model
from pipelines.delay import schema
from pipelines.delay.bundle import scorer_of
from pipelines.drift import check, parameters, profiles, report


def drift_of(rows: pd.DataFrame, threshold: float = 0.2) -> DriftReport:
    content = made("LogisticRegression")
    card = read_card(content.card, "card")
    reference = read_reference(content.reference, "reference")
    scorer = scorer_of(read_model(content.model, "model"), reference)
    table = rows.to_csv(index=False).encode()
    recent = check.read_recent(io.BytesIO(table), "recent.csv", scorer, card)
    return check.check(recent, scorer, card, reference, source="recent.csv", threshold=threshold)


def test_the_index_is_the_sum_that_its_definition_says() -> None:
    before = profiles.profile_of(pd.Series(["a"] * 60 + ["b"] * 40), is_number=False)
    now = pd.Series(["a"] * 30 + ["b"] * 70)
    expected = (0.3 - 0.6) * math.log(0.3 / 0.6) + (0.7 - 0.4) * math.log(0.7 / 0.4)
    assert profiles.psi(before, now) == pytest.approx(expected, abs=1e-6)
    assert profiles.ks(before, now) is None


def test_the_distance_of_two_samples_is_that_of_their_distributions() -> None:
    before = profiles.profile_of(pd.Series(range(1000), dtype=float), is_number=True)
    assert profiles.ks(before, pd.Series(range(1000), dtype=float)) == pytest.approx(0, abs=0.01)
    assert profiles.ks(before, pd.Series(range(500), dtype=float)) == pytest.approx(0.5, abs=0.01)


def test_missing_values_are_a_bin_of_their_own() -> None:
    before = profiles.profile_of(pd.Series([1.0, 2.0, 3.0, 4.0] * 50), is_number=True)
    now = pd.Series([1.0, None, 3.0, None] * 50)
    assert profiles.psi(before, now) > 1
    assert profiles.moved(before, now) == "missing in 0% of rows then, in 50% now"


def test_the_turn_of_2022_is_found_in_the_features_that_moved_and_in_no_stable_one() -> None:
    table = valid_table()
    old = table[table[schema.START] < "2022-07-01"]
    new = table[table[schema.START] >= "2022-07-01"]
    numbers = set(schema.phases_schema().numbers)
    indices = {
        name: profiles.psi(profiles.profile_of(old[name], is_number=name in numbers), new[name])
        for name in schema.phases_schema().features
    }
    moved = (
        "portfolio_delay_rate_365d",
        "work_category",
        "building_prior_phases",
        "has_heating_climate",
    )
    assert all(indices[name] > 0.2 for name in moved)
    assert all(indices[name] < 0.02 for name in ("phase", "school_level", "start_weekday"))
    assert indices["portfolio_delay_rate_365d"] == pytest.approx(2.62, abs=0.02)


def test_rows_like_those_it_learned_from_are_stable() -> None:
    rows = made("LogisticRegression").training.copy()
    found = drift_of(rows)
    assert found.drifted == ()
    assert found.verdict is DriftVerdict.STABLE
    assert "Nothing to do" in found.advice
    assert found.retrain == ""


def test_moved_rows_are_named_with_what_moved_and_training_is_proposed_when_accuracy_fell() -> None:
    rows = made("LogisticRegression").testing.copy()
    rows["planned_duration_days"] += 400
    rows["school_level"] = "HS"
    flipped = {0: "Delayed", 1: "On Time"}
    rows[schema.TARGET] = [flipped[int(label)] for label in rows[schema.LABEL]]
    found = drift_of(rows)
    by_name = {one.feature: one for one in found.features}
    assert {"planned_duration_days", "school_level"} <= set(found.drifted)
    assert by_name["school_level"].moved == "'HS': 15% of rows then, 100% now"
    assert found.performance is not None
    assert found.performance.worse
    assert "below the" in found.retrain
    assert found.advice.startswith("Train again")


def test_what_chance_explains_is_no_drift() -> None:
    rows = made("LogisticRegression").training.sample(40, random_state=1)
    found = drift_of(rows)
    districts = next(one for one in found.features if one.feature == "district")
    assert districts.psi > 0.2
    assert districts.verdict is DriftVerdict.STABLE


def test_unknown_outcomes_are_said_and_too_few_rows_are_refused() -> None:
    rows = made("LogisticRegression").training.drop(columns=[schema.LABEL])
    found = drift_of(rows)
    assert found.performance is None
    assert found.notes == (
        "Outcomes are not known yet, so neither they nor the accuracy were compared.",
    )
    with pytest.raises(RequestError, match="9 rows are too few"):
        drift_of(rows.head(9))


def test_the_page_holds_everything_and_loads_nothing() -> None:
    rows = made("LogisticRegression").training.assign(borough="<script>")
    found = drift_of(rows.assign(borough="Queens"))
    page = report.write_report(found)
    assert "borough" in page
    assert "http" not in page.replace("https://", "http://").replace("charset", "")
    assert report.read_json(report.to_json(found)) == found


@pytest.mark.parametrize("threshold", [0, -1, 11])
def test_a_threshold_that_everything_or_nothing_passes_is_refused(threshold: float) -> None:
    with pytest.raises(RequestError, match="threshold"):
        parameters.check_threshold(threshold)
