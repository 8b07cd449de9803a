from datetime import UTC, datetime

import pytest

from agents.tools.times import parse_since
from core.errors import RequestError

THURSDAY = datetime(2026, 5, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "instant"),
    [
        ("today", datetime(2026, 5, 14, tzinfo=UTC)),
        ("yesterday", datetime(2026, 5, 13, tzinfo=UTC)),
        ("this week", datetime(2026, 5, 11, tzinfo=UTC)),
        ("last week", datetime(2026, 5, 7, 9, 30, tzinfo=UTC)),
        ("24h", datetime(2026, 5, 13, 9, 30, tzinfo=UTC)),
        ("last 3 days", datetime(2026, 5, 11, 9, 30, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
    ],
)
def test_people_s_words_for_times_are_understood(words: str, instant: datetime) -> None:
    assert parse_since(words, THURSDAY) == instant


def test_no_words_are_no_restriction() -> None:
    assert parse_since("", THURSDAY) is None


def test_words_that_mean_no_time_are_answered_with_examples() -> None:
    with pytest.raises(RequestError) as problem:
        parse_since("soonish", THURSDAY)

    assert "yesterday" in problem.value.hint
