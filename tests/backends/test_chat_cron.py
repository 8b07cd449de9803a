import pytest

from backends.chat_builtin.cron import IN_UTC, NOT_IN_CRON, WHAT_TIME, WHEN, timetable_in


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("every weekday at six", "0 6 * * 1-5"),
        ("every monday at 7am", "0 7 * * 1"),
        ("Mondays 06:00", "0 6 * * 1"),
        ("every 15 minutes", "*/15 * * * *"),
        ("first of the month", "0 0 1 * *"),
        ("on the 15th of every month at 8", "0 8 15 * *"),
        ("nightly", "0 0 * * *"),
        ("every night at 2", "0 2 * * *"),
        ("each hour", "0 * * * *"),
        ("twice a day", "0 */12 * * *"),
        ("every sunday at midnight", "0 0 * * 0"),
        ("daily at noon", "0 12 * * *"),
        ("mon-fri at 18:30", "30 18 * * 1-5"),
        ("monday and thursday at half past six in the evening", "30 18 * * 1,4"),
        ("every day at six thirty", "30 6 * * *"),
        ("on weekends at 10", "0 10 * * 0,6"),
        ("every friday at 17h with threshold=0.3", "0 17 * * 5"),
        ("with 10 folds every day at 6", "0 6 * * *"),
        ("every quarter", "0 0 1 1,4,7,10 *"),
        ("0 6 * * MON-FRI", "0 6 * * mon-fri"),
        ("*/5 * * * *", "*/5 * * * *"),
    ],
)
def test_times_in_words_become_cron_fields(text: str, cron: str) -> None:
    assert timetable_in(text).cron == cron


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("every weekday", WHAT_TIME),
        ("every morning", WHAT_TIME),
        ("regularly", WHEN),
        ("at six", WHEN),
        ("every other day", NOT_IN_CRON),
        ("every 45 minutes", NOT_IN_CRON),
        ("the last day of the month", NOT_IN_CRON),
        ("every day at 6 Berlin time", IN_UTC),
        ("at 6pm CET every day", IN_UTC),
    ],
)
def test_what_is_not_clear_is_asked_never_guessed(text: str, question: str) -> None:
    assert timetable_in(text).question == question
    assert question.endswith("?")
