from datetime import UTC, datetime

import pytest

from core.errors import RequestError
from core.metrics import Direction, direction_of
from core.timetable import cron_in_words, next_firings

THURSDAY = datetime(2026, 5, 14, 9, tzinfo=UTC)


def test_the_next_firings_are_later_than_now_and_in_utc() -> None:
    assert next_firings("0 6 * * 1-5", 3, THURSDAY) == [
        datetime(2026, 5, day, 6, tzinfo=UTC) for day in (15, 18, 19)
    ]


@pytest.mark.parametrize("cron", ["0 6 * *", "61 * * * *", "0 0 31 2 *", "* * * * * *", "@daily"])
def test_fields_that_never_fire_are_refused_with_what_would_have_worked(cron: str) -> None:
    with pytest.raises(RequestError) as refused:
        next_firings(cron, 1, THURSDAY)
    assert "`0 6 * * 1-5` is every weekday at six" in refused.value.hint


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 6 * * 1-5", "every weekday at 06:00 UTC"),
        ("30 7 * * mon", "every Monday at 07:30 UTC"),
        ("0 0 * * 1,4", "every Monday and Thursday at 00:00 UTC"),
        ("0 0 1 * *", "on day 1 of every month at 00:00 UTC"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0 */2 * * *", "every 2 hours"),
        ("5 * * * *", "every hour at minute 5"),
        ("0 6-8 * 3 *", "at `0 6-8 * 3 *` (UTC)"),
    ],
)
def test_cron_fields_are_told_in_words(cron: str, words: str) -> None:
    assert cron_in_words(cron) == words


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("test_accuracy", Direction.HIGHER),
        ("roc_auc", Direction.HIGHER),
        ("val_log_loss", Direction.LOWER),
        ("RMSE", Direction.LOWER),
        ("accuracy [SVC]", Direction.HIGHER),
        ("majority_accuracy", Direction.UNKNOWN),
        ("wobble", Direction.UNKNOWN),
    ],
)
def test_which_way_a_metric_is_better_is_known_or_not_said(
    metric: str, direction: Direction
) -> None:
    assert direction_of(metric) is direction
