import random
from collections.abc import Iterator

import pytest

from core.errors import RequestError
from core.toolchains import Recommendation
from recommender.catalogue import catalogue, find_tools, tools_for
from recommender.forest import load_forest
from recommender.profile import CHOICES, kept_tools, read_profile, settled
from recommender.rules import barred_by_wish
from recommender.toolchains import recommend

WISHES = {**{fact: CHOICES[fact] for fact in ("cloud", "kubernetes", "budget", "governance")}}
TOOLS = sorted({tool.name for tool in catalogue() if tool.name not in ("None", "Other")})
COUNT = 200


def wishes(count: int, seed: int) -> Iterator[dict[str, object]]:
    chance = random.Random(seed)
    for _ in range(count):
        told: dict[str, object] = {
            fact: chance.choice(("", *values)) for fact, values in WISHES.items()
        }
        told["deployment"] = chance.choice(("", *CHOICES["deployment"]))
        told["licences"] = chance.choice(("", "", "open", "permissive"))
        told["existing_tools"] = chance.sample(TOOLS, chance.randrange(4))
        yield told


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in (1, 2, 3))]
)
def test_no_toolchain_breaks_a_hard_wish_and_an_impossible_one_names_the_clash(part: int) -> None:
    possible = impossible = 0
    for told in wishes(COUNT // 4, seed=100 + part):
        try:
            profile = settled(read_profile(**told))  # type: ignore[arg-type]  # of mixed types
            answer = recommend(profile, load_forest())
        except RequestError as refusal:
            impossible += 1
            assert_names_a_clash(refusal, told)
            continue
        if not isinstance(answer, Recommendation):
            continue
        possible += 1
        chains = [{s.slot: s.choices[0].tool for s in (answer.platform, *answer.slots)}]
        chains += [dict(other.tools) for other in answer.alternatives]
        for chain in chains:
            chosen = [
                tool
                for slot, name in chain.items()
                for tool in tools_for(slot)
                if tool.name == name
            ]
            assert len(chosen) == len(chain)
            assert [tool.name for tool in chosen if barred_by_wish(tool, profile)] == []
            assert len({tool.clouds for tool in chosen if len(tool.clouds) == 1}) <= 1
            kept = kept_tools(profile)
            assert {slot: chain[slot] for slot in kept} == kept
    assert possible > 5
    assert impossible > 5


def assert_names_a_clash(refusal: RequestError, told: dict[str, object]) -> None:
    """The message and the hint name at least two of the wishes, in the person's words."""
    text = f"{refusal.message} {refusal.hint}".casefold()
    existing = told["existing_tools"]
    assert isinstance(existing, list)
    named = sum(any(tool.name.casefold() in text for tool in find_tools(name)) for name in existing)
    named += sum(
        fact in text or str(value).casefold() in text
        for fact, value in told.items()
        if value and fact != "existing_tools"
    )
    assert named >= 2, text
    assert refusal.hint


def test_a_tool_in_use_that_breaks_the_licence_policy_is_named_with_it() -> None:
    with pytest.raises(RequestError) as refusal:
        recommend(read_profile(existing_tools=["Terraform"], licences="permissive"))

    assert "Terraform" in refusal.value.message
    assert "permissive" in refusal.value.message


def test_open_licences_only_leave_no_closed_tool() -> None:
    answer = recommend(read_profile(data_types=["text"], licences="open"))

    assert isinstance(answer, Recommendation)
    for slot in (answer.platform, *answer.slots):
        for choice in slot.choices:
            tool = next(t for t in tools_for(slot.slot) if t.name == choice.tool)
            assert tool.is_open


def test_the_catalogue_has_seventy_tools_each_with_source_and_date() -> None:
    tools = [tool for tool in catalogue() if tool.name != "None"]

    assert len({tool.name for tool in tools}) >= 70
    assert all(tool.source and tool.date >= "2026" for tool in tools)
