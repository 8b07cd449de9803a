import csv

import pytest

from bench.recommender import COMPANIES, COMPANY_TYPES
from core.toolchains import Recommendation
from recommender.catalogue import tools_for
from recommender.profile import read_profile
from recommender.rules import barred_by_wish
from recommender.toolchains import recommend

CHECKED = 24


def companies() -> list[dict[str, str]]:
    with COMPANIES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["cloud"] in ("aws", "azure", "gcp")]
    return rows[:CHECKED]


def test_a_companys_cloud_is_never_left_and_regulation_is_heeded() -> None:
    """Published company platforms are wishes that people really had."""
    rows = companies()
    for row in rows:
        kinds = [COMPANY_TYPES[k] for k in row["data_types"].split(",") if k in COMPANY_TYPES]
        profile = read_profile(
            data_types=kinds,
            cloud=row["cloud"],
            kubernetes={"yes": "strong", "no": "none"}.get(row["kubernetes"], ""),
            governance={"yes": "high"}.get(row["regulated"], ""),
            team_size="medium",
        )
        answer = recommend(profile)
        assert isinstance(answer, Recommendation)
        for slot in (answer.platform, *answer.slots):
            for choice in slot.choices:
                tool = next(t for t in tools_for(slot.slot) if t.name == choice.tool)
                assert not tool.clouds or row["cloud"] in tool.clouds
                assert not barred_by_wish(tool, profile)
    assert len(rows) == CHECKED


@pytest.mark.parametrize("size", ["medium", "large"])
def test_a_larger_team_is_told_how_few_such_projects_were_learned_from(size: str) -> None:
    answer = recommend(read_profile(team_size=size, cloud="aws"))

    assert isinstance(answer, Recommendation)
    assert any("more than five people" in caveat for caveat in answer.caveats)
