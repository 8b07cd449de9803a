import csv
from pathlib import Path

import numpy as np
import pytest

from backends.chat_builtin.projects import project_in
from core.toolchains import ProjectProfile, Recommendation
from recommender.blending import Blend, fit_blend, weighed
from recommender.companies import read_companies
from recommender.examples import PROJECTS, is_whole, profile_of_row
from recommender.features import GROUPS, SPANS, UNKNOWN, encode, families
from recommender.forest import TIERS, hide, known_of, load_forest
from recommender.inspection.project import inspect_folder
from recommender.judging import judged, left_to_judge
from recommender.profile import read_profile
from recommender.rules import rules_holding
from recommender.scoring import calibration_error
from recommender.toolchains import recommend


def told(**facts: object) -> Recommendation:
    value = recommend(read_profile(**facts))  # type: ignore[arg-type]  # by their names
    assert isinstance(value, Recommendation)
    return value


def test_the_first_framework_that_is_named_is_the_main_one() -> None:
    assert families("framework", "PyTorch, with scikit-learn for the metrics") == (
        "pytorch",
        "sklearn",
    )
    assert project_in("XGBoost and scikit-learn")["framework"] == "xgboost, sklearn"


def test_calibration_keeps_the_first_choice_first() -> None:
    random = np.random.default_rng(5)
    shares = random.dirichlet(np.ones(5) / 2, size=200)
    shares[0] = (1, 0, 0, 0, 0)
    blend = Blend(popular=0.0, temperature=0.8, even=0.05, right=0.6, sure=0.7, kept=0.3)
    said = blend.calibrated(shares)

    assert np.allclose(said.sum(axis=1), 1)
    assert (said >= 0).all()
    assert np.array_equal(said.argmax(axis=1), shares.argmax(axis=1))


def test_probabilities_that_were_too_sure_are_drawn_to_how_often_they_are_right() -> None:
    random = np.random.default_rng(7)
    labels = np.array(list("abc"))[random.integers(3, size=300)]
    right = random.uniform(size=300) < 0.5
    named = np.where(right, labels, np.array(list("abc"))[random.integers(3, size=300)])
    sure = np.where(named[:, None] == np.array(list("abc")), 0.96, 0.02)
    even = np.full_like(sure, 1 / 3)
    blend = fit_blend(labels, [sure], [even])
    said = blend.calibrated(blend.ranked(sure, even))
    classes = np.unique(labels)

    assert calibration_error(labels, classes, said) < 0.05
    assert calibration_error(labels, classes, sure) > 0.2


def test_popularity_alone_is_taken_where_the_trees_mislead() -> None:
    labels = np.array(["a"] * 40 + ["b"] * 10)
    wrong = np.where(labels[:, None] == np.array(["a", "b"]), 0.1, 0.9)
    usual = np.tile([0.55, 0.45], (50, 1))

    assert fit_blend(labels, [wrong], [usual]).popular == 1.0


def test_rules_on_what_the_table_tells_are_fitted_and_those_on_budget_are_applied_after() -> None:
    profile = read_profile(cloud="aws", kubernetes="strong", budget="low")
    classes = load_forest().learned.slots["platform"].classes
    factors = judged("platform", classes, [profile, read_profile(cloud="aws", budget="low")])

    assert factors[0, classes.index("Kubeflow")] > 1
    assert factors[0, classes.index("AWS")] == factors[1, classes.index("AWS")] == 1
    assert left_to_judge("platform", profile) < rules_holding(profile)
    assert left_to_judge("tracking", profile) == rules_holding(profile)
    assert weighed(np.array([[0.5, 0.5]]), np.array([[2.0, 1.0]]), 1.0).tolist() == [
        [pytest.approx(2 / 3), pytest.approx(1 / 3)]
    ]


def test_what_is_hidden_from_the_trees_is_hidden_from_the_rules() -> None:
    profile = read_profile(cloud="aws", kubernetes="strong", task="regression", team_size=3)
    for tier in TIERS:
        row = hide(encode({"cloud": ("aws",), "kubernetes": ("strong",)})[None, :], tier)[0]
        known = known_of(profile, tier)
        for fact in ("cloud", "kubernetes"):
            assert bool(getattr(known, fact)) == (row[SPANS[fact]][0] != UNKNOWN)
    assert set(GROUPS) == set(TIERS["cloud+kubernetes+tests"])


def test_every_project_of_the_table_can_be_told_as_a_person_would() -> None:
    with PROJECTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if is_whole(row)]
    profiles = [profile_of_row(row) for row in rows]

    assert {profile.cloud for profile in profiles} == {"", "aws", "azure", "gcp", "on-prem"}
    assert all(profile.tests in ("none", "some", "many") for profile in profiles)


def test_a_folder_shows_how_much_is_tested(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    seen = {}
    for number, name in enumerate(("model.py", "tests/test_one.py", *map(str, range(4)))):
        path = root / (name if "." in name else f"tests/test_{name}.py")
        path.write_text("import sklearn\n", "utf-8")
        seen[number] = inspect_folder(str(root)).profile.tests

    assert seen == {0: "none", 1: "some", 2: "some", 3: "some", 4: "some", 5: "many"}


def test_a_test_runner_in_use_says_that_there_are_tests() -> None:
    answer = told(existing_tools=["pytest"], cloud="aws")

    assert answer.profile.tests == "some"
    assert not any("pytest" in caveat for caveat in answer.caveats)


def test_tests_change_what_is_said_of_ci() -> None:
    slots = {
        tests: next(slot for slot in recommend_for(tests).slots if slot.slot == "cicd")
        for tests in ("none", "many")
    }

    assert slots["many"].evidence == "data"
    assert slots["many"].choices[0].tool == "GitHub Actions"


def recommend_for(tests: str) -> Recommendation:
    facts = ProjectProfile(tests=tests, cloud="on-prem", kubernetes="none", framework="sklearn")
    value = recommend(facts)
    assert isinstance(value, Recommendation)
    return value


def test_published_companies_stand_beside_a_regulated_or_large_project() -> None:
    answer = told(task="fraud classification", cloud="aws", governance="high", team_size=40)
    finance = [
        one
        for one in read_companies()
        if (one["industry_group"], one["cloud"]) == ("finance", "aws")
        and one["platform"] != "unknown"
    ]
    on_aws = sum(one["platform"] == "AWS" for one in finance)

    assert (
        f"{len(finance)} published platforms of companies in finance on aws, {on_aws} took"
        in (answer.companies[0])
    )
    assert "feature store" in answer.companies[-1]


def test_a_small_project_without_rules_is_not_compared_with_companies() -> None:
    assert told(task="classification", team_size=2, cloud="gcp").companies == ()
