import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.toolchains import ProjectProfile, QuestionsFirst, Recommendation, SlotChoice
from recommender.catalogue import catalogue, find_tools, tools_for
from recommender.flips import alternatives, build_chains, find_flips
from recommender.forest import load_forest
from recommender.profile import CHOICES, read_profile
from recommender.toolchains import SLOTS, recommend

FLIP = re.compile(r"With (?P<fact>\w+) (?P<value>.+?)(?: instead of .+)?: (?P<first>.+)\.$")


def answered(profile: ProjectProfile) -> Recommendation:
    answer = recommend(profile)
    assert isinstance(answer, Recommendation)
    return answer


def slots_of(answer: Recommendation) -> dict[str, SlotChoice]:
    return {choice.slot: choice for choice in (answer.platform, *answer.slots)}


def first_of(answer: Recommendation) -> dict[str, str]:
    return {slot: choice.choices[0].tool for slot, choice in slots_of(answer).items()}


def some_profiles(count: int, seed: int, **fixed: str) -> Iterator[ProjectProfile]:
    chance = random.Random(seed)
    for _ in range(count):
        facts: dict[str, str] = {
            fact: chance.choice(("", *values))
            for fact, values in CHOICES.items()
            if fact != "data_types"
        }
        types = chance.sample(CHOICES["data_types"], chance.randrange(3))
        task = chance.choice(("", "classification", "forecasting", "text generation"))
        framework = chance.choice(("", "sklearn", "pytorch", "tensorflow", "spark"))
        yield read_profile(**{**facts, **fixed}, data_types=types, task=task, framework=framework)


IMAGES_ON_AWS = read_profile(
    data_types=["images"], cloud="aws", team_size=3, task="image classification"
)


def test_without_any_fact_it_asks_for_the_few_that_matter_most() -> None:
    answer = recommend(ProjectProfile())

    assert isinstance(answer, QuestionsFirst)
    assert 2 <= len(answer.questions) <= 3
    assert "AWS, Azure, GCP" in answer.questions[0]


def test_a_small_team_with_images_on_aws_gets_a_toolchain_that_runs_there() -> None:
    answer = answered(IMAGES_ON_AWS)

    assert answer.platform.choices[0].tool == "AWS"
    assert [choice.slot for choice in answer.slots] == list(SLOTS)
    for choice in (answer.platform, *answer.slots):
        probabilities = [entry.probability for entry in choice.choices]
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0 <= probability <= 1 for probability in probabilities)
        assert sum(probabilities) <= 1
        for entry in choice.choices:
            tool = next(tool for tool in tools_for(choice.slot) if tool.name == entry.tool)
            assert not tool.clouds or "aws" in tool.clouds


def test_every_slot_says_why_and_on_what_evidence() -> None:
    for choice in slots_of(answered(IMAGES_ON_AWS)).values():
        assert choice.evidence in ("data", "weak", "rule")
        assert choice.why
        assert choice.why_not
        assert all(entry.why for entry in choice.choices)


def test_the_stated_cloud_is_named_as_what_speaks_for_the_platform() -> None:
    answer = answered(IMAGES_ON_AWS)

    assert re.search(r"most: cloud aws \(\+\d\d points\)", answer.platform.why)
    assert any("stated cloud" in caveat for caveat in answer.caveats)


def test_where_the_forest_is_no_better_than_popularity_the_slot_says_so() -> None:
    answer = answered(IMAGES_ON_AWS)
    versioning = slots_of(answer)["data_versioning"]

    assert versioning.evidence == "weak"
    assert "better than popularity" in versioning.why
    assert answered(replace(IMAGES_ON_AWS, cloud="")).platform.evidence == "weak"


def test_scores_and_baselines_are_given_for_every_slot() -> None:
    answer = answered(IMAGES_ON_AWS)

    assert set(answer.scores) == set(answer.baselines) == {"platform", *SLOTS}
    assert answer.scores["platform"] > answer.baselines["platform"] + 0.3


def test_own_machines_never_get_a_tool_that_runs_only_at_its_vendor() -> None:
    cloud_only = {(tool.slot, tool.name) for tool in catalogue() if tool.cloud_only}
    forest = load_forest()
    profiles = list(some_profiles(250, seed=7, cloud="on-prem"))
    for chain in build_chains(forest, profiles):
        ranked = {(slot, entry.tool.name) for slot, link in chain.items() for entry in link.ranked}
        assert all(link.ranked for link in chain.values())
        assert not ranked & cloud_only


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_a_stated_cloud_never_gets_the_tools_of_another(cloud: str) -> None:
    profiles = list(some_profiles(80, seed=11, cloud=cloud))
    for chain in build_chains(load_forest(), profiles):
        for link in chain.values():
            for entry in link.ranked:
                assert not entry.tool.clouds or cloud in entry.tool.clouds


def test_without_kubernetes_skill_nothing_needs_kubernetes() -> None:
    profiles = list(some_profiles(120, seed=13, kubernetes="none"))
    for chain in build_chains(load_forest(), profiles):
        assert not any(entry.tool.needs_kubernetes for e in chain.values() for entry in e.ranked)


def test_the_first_choices_fit_one_another() -> None:
    profiles = list(some_profiles(150, seed=17))
    for chain in build_chains(load_forest(), profiles):
        first = {slot: link.ranked[0].tool for slot, link in chain.items()}
        clouds = [set(tool.clouds) for tool in first.values() if tool.clouds]
        assert not clouds or set.intersection(*clouds)
        if any(tool.needs_kubernetes for tool in first.values()):
            assert first["container"].name == "Kubernetes"
        if first["platform"].name == "Airflow":
            assert first["orchestration"].name == "Airflow"


@pytest.mark.parametrize("profile", [*some_profiles(3, seed=19), IMAGES_ON_AWS])
def test_every_flip_holds_when_asked_again(profile: ProjectProfile) -> None:
    checked = 0
    for slot, choice in slots_of(answered(profile)).items():
        for sentence in choice.flips:
            said = FLIP.match(sentence)
            assert said is not None
            value = said["value"]
            changed = next(
                other.profile
                for other in alternatives(profile)
                if (other.fact, other.value) == (said["fact"], value)
            )
            first = first_of(answered(changed))[slot]
            assert first == said["first"] != choice.choices[0].tool
            checked += 1
    assert checked > 0


def test_a_flip_holds_when_the_person_says_it_in_the_tools_own_words() -> None:
    profile = read_profile(data_types=["image"], cloud="aws")
    changed = read_profile(data_types=["image"], cloud="azure")

    assert "With cloud azure instead of aws: Azure." in answered(profile).platform.flips
    assert answered(changed).platform.choices[0].tool == "Azure"


def test_unknown_facts_that_change_something_are_named_the_most_telling_first() -> None:
    answer = answered(read_profile(data_types=["image"]))
    changed = [other for other in alternatives(answer.profile) if other.fact == answer.unknown[0]]
    chain, *others = build_chains(
        load_forest(), [answer.profile, *(other.profile for other in changed)]
    )

    assert answer.unknown[0] == "cloud"
    assert any(find_flips(chain, list(zip(changed, others, strict=True))).values())


def test_tools_in_use_keep_their_slots() -> None:
    answer = answered(read_profile(existing_tools=["wandb", "Docker", "github"]))

    assert first_of(answer).items() >= {
        ("tracking", "Weights & Biases"),
        ("container", "Docker"),
        ("cicd", "GitHub Actions"),
    }
    assert slots_of(answer)["tracking"].why == "It is already in use, so it stays."


def test_a_platform_that_means_another_tool_than_the_one_in_use_is_not_chosen() -> None:
    platforms = answered(read_profile(existing_tools=["wandb"])).platform.choices

    assert "MLflow" not in [choice.tool for choice in platforms]


def test_a_suite_in_use_keeps_its_platform_and_its_slots() -> None:
    first = first_of(answered(read_profile(existing_tools=["SageMaker"])))

    assert first["platform"] == "AWS"
    assert first["orchestration"] == "SageMaker Pipelines"
    assert first["serving"] == "SageMaker endpoints"


def test_a_tool_nobody_knows_is_named_and_left_aside() -> None:
    answer = answered(read_profile(existing_tools=["Frobnicator"], cloud="aws"))

    assert "The catalogue has no tool called 'Frobnicator', so it was left aside." in answer.caveats


@pytest.mark.parametrize(
    ("facts", "slot", "tool"),
    [
        ({"deployment": "edge", "framework": "tensorflow"}, "serving", "LiteRT"),
        ({"deployment": "edge", "framework": "pytorch"}, "serving", "ONNX Runtime"),
        ({"deployment": "batch"}, "serving", "Batch job"),
        ({"deployment": "streaming"}, "serving", "Kafka consumer"),
        ({"governance": "high", "cloud": "azure"}, "infrastructure", "Terraform"),
        ({"kubernetes": "strong", "existing_tools": ["kfp"]}, "container", "Kubernetes"),
    ],
)
def test_what_was_asked_for_decides_where_the_data_are_silent(
    facts: dict[str, object], slot: str, tool: str
) -> None:
    profile = read_profile(**facts)  # type: ignore[arg-type]  # the cases are of mixed types

    assert first_of(answered(profile))[slot] == tool


def test_a_low_budget_makes_paid_platforms_less_likely() -> None:
    usual = answered(IMAGES_ON_AWS).platform.choices[0]
    thrifty = slots_of(answered(replace(IMAGES_ON_AWS, budget="low")))["platform"].choices

    assert usual.tool == "AWS"
    assert usual.probability > next(c.probability for c in thrifty if c.tool == "AWS") + 0.1


def test_the_catalogue_has_enough_tools_each_with_its_facts() -> None:
    assert len({tool.name for tool in catalogue()}) >= 45
    slots = load_forest().learned.slots
    for tool in catalogue():
        facts = (tool.licence, tool.cost, tool.good_for, tool.not_for, tool.source)
        assert all(facts), tool.name
        assert tool.kin in slots[tool.slot].classes, tool.name
        assert not tool.label or tool.label in slots[tool.slot].seen, tool.name


def test_a_tool_is_found_by_any_of_its_names() -> None:
    assert {tool.name for tool in find_tools("K8s")} == {"Kubernetes"}
    assert find_tools("none") == ()
