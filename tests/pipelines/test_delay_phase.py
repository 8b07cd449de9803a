import pandas as pd
import pytest

from core.errors import RequestError
from core.pipelines import ParameterValue
from pipelines.delay.features import phase_features
from pipelines.delay.phase import CATEGORIES, WORK, work_features


def test_features_are_derived_from_what_a_person_knows() -> None:
    known = phase_features(
        {
            "phase": "design",
            "planned_duration_days": "150",
            "start_date": "2024-02-05",
            "borough": "staten-island",
            "district": 31,
            "description": "IPDVS camera installation / electrical upgrade",
            "prev_phase_delay_days": 12,
        }
    )
    assert known.given == {
        "phase": "Design",
        "planned_duration_days": 150,
        "start_date": "2024-02-05",
        "borough": "Staten Island",
        "district": "31",
        "description": "IPDVS camera installation / electrical upgrade",
        "prev_phase_delay_days": 12,
    }
    expected = {
        "start_month": 2,
        "start_quarter": 1,
        "start_weekday": 0,
        "planned_end_month": 7,
        "planned_end_quarter": 3,
        "has_ipdvs_cameras": 1,
        "has_electrical": 1,
        "has_plumbing": 0,
        "work_category": "ipdvs_cameras",
        "n_work_items": 2,
        "prev_phase_adherence": "Delayed",
    }
    assert {name: known.values[name] for name in expected} == expected
    assert "planned_duration_days" not in known.imputed
    assert {"school_level", "portfolio_delay_rate_365d"} <= set(known.imputed)
    assert not set(known.imputed) & set(known.values)


def test_nothing_given_means_everything_is_imputed() -> None:
    known = phase_features({})
    assert (known.given, known.values) == ({}, {})
    assert len(known.imputed) == 37


def test_a_scope_phase_has_no_previous_phase() -> None:
    known = phase_features({"phase": "Scope"})
    assert known.values["prev_phase_adherence"] == "none"
    assert known.values["prev_phase_delay_days"] is None
    with pytest.raises(RequestError, match="no previous phase"):
        phase_features({"phase": "Scope", "prev_phase_delay_days": 10})


def test_a_category_alone_sets_its_own_flag() -> None:
    known = phase_features({"work_category": "roof envelope"})
    assert known.values["work_category"] == "roof_envelope"
    assert known.values["has_roof_envelope"] == 1
    assert known.values["has_ipdvs_cameras"] == 0


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (
            {"boro": "Queens"},
            "A phase has no 'boro'. Did you mean borough? What can be given: phase, planned",
        ),
        (
            {"borough": "Brookline"},
            "The borough of a phase cannot be 'Brookline'. Did you mean Brooklyn? The choices "
            "are Bronx, Brooklyn, Manhattan, Queens, Staten Island.",
        ),
        ({"phase": "Construction"}, "The phase of a phase cannot be 'Construction'."),
        ({"planned_duration_days": "long"}, "The planned_duration_days of a phase cannot be"),
        ({"planned_duration_days": 0}, "The planned_duration_days of a phase cannot be 0. Give"),
        ({"planned_duration_days": float("nan")}, "The planned_duration_days of a phase cannot"),
        ({"start_date": "next week"}, "The start_date of a phase cannot be 'next week'. Give a"),
        ({"start_date": "9999-01-01"}, "The start_date of a phase cannot be '9999-01-01'."),
        ({"district": 99}, "The district of a phase cannot be 99."),
        ({"description": 5}, "The description of a phase cannot be 5. Give a text."),
        ({"delay_days": 3}, "The column 'delay_days' is an outcome and cannot be a feature."),
    ],
)
def test_an_impossible_fact_is_named_with_the_way_out(
    phase: dict[str, ParameterValue], expected: str
) -> None:
    with pytest.raises(RequestError) as caught:
        phase_features(phase)
    assert str(caught.value).startswith(expected)


def test_the_kinds_of_work_read_from_descriptions_agree_with_the_table(
    real_text: pd.DataFrame,
) -> None:
    rows = real_text.drop_duplicates("description")
    read = pd.DataFrame([work_features(text) for text in rows["description"]], index=rows.index)
    assert (read["work_category"] == rows["work_category"]).mean() > 0.9
    assert set(rows["work_category"]) == set(CATEGORIES)
    for kind in WORK:
        column = f"has_{kind}"
        assert (read[column] == rows[column].astype(int)).mean() > 0.9, column
    assert (read["n_work_items"] == rows["n_work_items"].astype(int)).all()
    assert (read["description_length"] == rows["description_length"].astype(int)).all()
