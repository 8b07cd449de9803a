from pathlib import Path

import pytest
from command_line import typed


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_words_and_settings_describe_one_project(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(
        capsys,
        "recommend",
        "three people with images on AWS",
        "budget=low",
        "existing_tools=GitHub Actions, MLflow",
        "--json",
    )

    assert (done.code, done.err) == (0, "")
    (recommendation,) = done.lines
    known = {name: value for name, value in recommendation["profile"].items() if value}
    assert known == {
        "data_structure": "unstructured",
        "data_types": ["image"],
        "team_size": "small",
        "cloud": "aws",
        "budget": "low",
        "existing_tools": ["GitHub Actions", "MLflow"],
    }
    assert recommendation["platform"]["choices"][0]["tool"]


def test_a_recommendation_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "recommend", "three people, images, AWS")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("For a project with:\n")
    assert "\x1b" not in done.out


def test_without_any_fact_the_most_useful_questions_are_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = typed(capsys, "recommend")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Before anything can be recommended:\n")

    (asked,) = typed(capsys, "recommend", "--json").lines
    assert 2 <= len(asked["questions"]) <= 3
    assert all(question in done.out for question in asked["questions"])


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (
            ["images on AWS", "cloud=gcp"],
            "The words say cloud aws, but cloud=gcp is given.",
            "Leave one of the two out.",
        ),
        (["cloud=aws", "cloud=gcp"], "cloud is given twice.", "Leave one of the two out."),
        (
            ["cloud=mars"],
            "cloud cannot be 'mars'.",
            "Choose from: aws, azure, gcp, on-prem, none. The closest: aws.",
        ),
        (["AWS", "=x"], "'=x' is no argument.", "Write name=value: limit=5."),
    ],
)
def test_what_cannot_be_used_is_said(
    capsys: pytest.CaptureFixture[str], words: list[str], error: str, hint: str
) -> None:
    told = typed(capsys, "recommend", *words)
    assert (told.code, told.out, told.err) == (1, "", f"{error}\n{hint}\n")

    as_json = typed(capsys, "recommend", *words, "--json")
    assert (as_json.code, as_json.err) == (1, "")
    assert as_json.lines == [{"ok": False, "error": error, "hint": hint}]
