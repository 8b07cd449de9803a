from pathlib import Path

import pytest

from core.errors import NotFoundError, RequestError, UnavailableError
from core.toolchains import ProjectProfile, Recommendation
from recommender.choices import Choices
from recommender.forest import load_forest
from recommender.profile import read_profile
from recommender.toolchains import recommend

PROFILE = read_profile(data_types=["numerical"], team_size=3, deployment="batch")


def share_of(choices: Choices, tool: str) -> float:
    answer = recommend(PROFILE, choices.forest())
    assert isinstance(answer, Recommendation)
    slot = next(slot for slot in answer.slots if slot.slot == "orchestration")
    return next((c.probability for c in slot.choices if c.tool == tool), 0.0)


def test_what_was_taken_is_kept_listed_and_removable(tmp_path: Path) -> None:
    choices = Choices(tmp_path)
    first = choices.record("prefect", "", PROFILE)
    second = choices.record("Terraform", "infrastructure", ProjectProfile())

    assert [item.tool for item in Choices(tmp_path).all()] == ["Prefect", "Terraform"]
    assert (first.slot, first.profile) == ("orchestration", PROFILE)

    choices.remove(first.id)
    choices.remove("terraform")

    assert choices.all() == ()
    with pytest.raises(NotFoundError):
        choices.remove(second.id)


def test_training_learns_recorded_choices_and_unlearns_removed_ones(tmp_path: Path) -> None:
    choices = Choices(tmp_path)
    before = share_of(choices, "Prefect")
    choices.record("Prefect", "", PROFILE)

    assert share_of(choices, "Prefect") == before

    done = choices.retrain()

    assert (done.choices, done.slots) == (1, ("orchestration",))
    assert share_of(choices, "Prefect") > before + 0.2
    assert [item.learned for item in choices.all()] == [True]
    assert share_of(Choices(tmp_path / "elsewhere"), "Prefect") == before

    choices.remove("Prefect")
    choices.retrain()

    assert share_of(choices, "Prefect") == before
    assert load_forest().learned == choices.forest().learned


def test_without_anything_recorded_there_is_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="--took"):
        Choices(tmp_path).retrain()


def test_a_tool_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Prefect"):
        Choices(tmp_path).record("Prefct", "", PROFILE)


def test_a_tool_for_several_things_needs_the_slot(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="orchestration, serving"):
        Choices(tmp_path).record("sagemaker", "", PROFILE)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "choices.jsonl").write_text("{")

    with pytest.raises(UnavailableError, match=r"choices\.jsonl"):
        Choices(tmp_path).all()
