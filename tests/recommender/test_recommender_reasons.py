import numpy as np

from core.toolchains import Recommendation
from recommender.features import encode, facts_of
from recommender.forest import load_forest
from recommender.profile import read_profile
from recommender.toolchains import recommend

PROFILE = read_profile(data_types=["images"], cloud="aws", team_size=3, task="image classification")


def answered(**facts: object) -> Recommendation:
    answer = recommend(read_profile(**facts))  # type: ignore[arg-type]  # of mixed types
    assert isinstance(answer, Recommendation)
    return answer


def test_the_contributions_and_the_roots_add_up_to_what_the_trees_say() -> None:
    row = encode(facts_of(PROFILE))
    for trees in load_forest().trees.values():
        roots = trees.shares[trees.roots].astype(float).mean(axis=0) / 255
        moved = sum(trees.contributions(row).values())
        said = trees.predict(row[None, :])[0]

        assert np.abs(roots + moved - said).max() < 0.02


def test_the_nearest_projects_say_what_they_have_in_common() -> None:
    neighbours = answered(data_types=["images"], cloud="aws", team_size=3).neighbours

    assert len(neighbours) == 3
    assert [n.likeness for n in neighbours] == sorted(
        (n.likeness for n in neighbours), reverse=True
    )
    assert all("cloud aws" in n.in_common or n.likeness < 1 for n in neighbours)
    assert "data types image" in neighbours[0].in_common


def test_two_alternatives_differ_for_a_stated_reason() -> None:
    answer = answered(data_types=["images"], cloud="aws", team_size=3)
    first = {s.slot: s.choices[0].tool for s in (answer.platform, *answer.slots)}

    assert [other.name for other in answer.alternatives] == ["portable", "managed"]
    for other in answer.alternatives:
        assert other.reason
        assert other.differs
        assert {slot for slot in first if other.tools[slot] != first[slot]} == set(other.differs)


def test_the_questions_are_ranked_by_information_and_never_ask_what_is_known() -> None:
    answer = answered(data_types=["images"], team_size=3)
    bits = [question.information for question in answer.questions]

    assert answer.questions[0].fact == "cloud"
    assert bits == sorted(bits, reverse=True)
    assert 1 <= len(bits) <= 5
    assert not {"data_types", "team_size"} & {question.fact for question in answer.questions}


def test_a_folder_fills_the_profile_and_what_is_said_wins() -> None:
    from recommender.profile import beside_folder

    read = read_profile(data_types=["text"], cloud="aws", existing_tools=["SageMaker", "FastAPI"])
    told = read_profile(cloud="gcp", team_size=4)

    merged = beside_folder(told, read)

    assert (merged.cloud, merged.team_size, merged.data_types) == ("gcp", "small", ("text",))
    assert merged.existing_tools == ("FastAPI",)
