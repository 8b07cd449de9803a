import pytest

from core.errors import RequestError
from core.toolchains import ProjectProfile
from recommender.profile import read_profile


def test_the_words_people_use_become_the_recommenders_own() -> None:
    profile = read_profile(
        data_types=["Photos", "sensor data"],
        team_size=3,
        cloud="SageMaker",
        kubernetes="no",
        deployment="API",
        governance="strict",
        budget="tight",
        framework=" PyTorch ",
    )

    assert profile == ProjectProfile(
        data_structure="semi-structured",
        data_types=("image", "time-series"),
        team_size="small",
        cloud="aws",
        kubernetes="none",
        deployment="real-time",
        governance="high",
        budget="low",
        framework="PyTorch",
    )


@pytest.mark.parametrize(
    ("people", "size"),
    [
        (1, "solo"),
        ("2", "small"),
        (5, "small"),
        ("6 people", "medium"),
        (20, "medium"),
        (21, "large"),
        ("alone", "solo"),
        ("", ""),
    ],
)
def test_a_number_of_people_becomes_a_team_size(people: str | int, size: str) -> None:
    assert read_profile(team_size=people).team_size == size


def test_pictures_alone_are_unstructured_data() -> None:
    assert read_profile(data_types=["images"]).data_structure == "unstructured"


def test_a_stated_structure_wins_over_the_implied_one() -> None:
    profile = read_profile(data_types=["images"], data_structure="semi structured")

    assert profile.data_structure == "semi-structured"


@pytest.mark.parametrize(
    ("fact", "value", "choices"),
    [
        ("cloud", "the moon", "aws, azure, gcp, on-prem, none"),
        ("kubernetes", "not strong", "none, some, strong"),
        ("deployment", "whenever", "batch, real-time, streaming, edge"),
        ("budget", "purple", "low, medium, high"),
        ("data_structure", "wobbly", "structured, semi-structured, unstructured"),
        ("team_size", "a horde", "solo, small, medium, large"),
    ],
)
def test_an_impossible_value_is_refused_with_the_choices(
    fact: str, value: str, choices: str
) -> None:
    with pytest.raises(RequestError) as refusal:
        read_profile(**{fact: value})  # type: ignore[arg-type]  # every fact here takes text

    assert refusal.value.message == f"{fact} cannot be {value!r}."
    assert refusal.value.hint.startswith(f"Choose from: {choices}.")


def test_a_team_of_nobody_is_refused() -> None:
    with pytest.raises(RequestError, match="at least one person"):
        read_profile(team_size=0)


def test_an_existing_cloud_tool_says_which_cloud_it_is() -> None:
    assert read_profile(existing_tools=["Vertex AI"]).cloud == "gcp"


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        ({"cloud": "on-prem", "existing_tools": ["SageMaker"]}, ("SageMaker", "on-prem")),
        ({"cloud": "gcp", "existing_tools": ["SageMaker"]}, ("SageMaker", "gcp")),
        ({"kubernetes": "none", "existing_tools": ["Kubeflow"]}, ("Kubeflow", "Kubernetes")),
        ({"existing_tools": ["SageMaker", "Vertex AI"]}, ("Vertex AI", "aws")),
    ],
)
def test_two_wishes_that_exclude_each_other_are_both_named(
    wishes: dict[str, object], named: tuple[str, str]
) -> None:
    with pytest.raises(RequestError) as refusal:
        read_profile(**wishes)  # type: ignore[arg-type]  # the cases are of mixed types

    assert all(name in refusal.value.message for name in named)
    assert refusal.value.hint
