"""Triggers end to end: a conversation sets one up, a file arrives, a run starts, once."""

from dataclasses import replace

from watched_home import TABLE, Told, at, here, later, library, say, set_up

from backends.triggers_sqlite import LOST, SqliteTriggers
from core import clock
from core.triggers import Trigger
from surfaces.assembly import Assistant

__all__ = ["here", "library"]


async def test_a_file_that_arrives_starts_a_run_that_was_approved_when_it_was_set_up(
    here: Assistant,
) -> None:
    told = Told()
    here.store.put("datasets", "planned/may_2026.csv", TABLE)
    (answer,) = await say(
        here, told, "when a new file lands in datasets/planned, train on it with delay-prediction"
    )
    watcher = told.watch(here)
    with later():
        watcher.fire()
    assert told.firings == [], "what lay there already starts nothing"

    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    with later():
        watcher.fire()
        watcher.fire()

    assert "without asking again" in answer
    (card,) = told.cards
    assert card.details["there already"].startswith("1 object;")
    assert "for none of these runs again" in card.details["asks"]
    (firing,) = told.firings
    run = here.runs.get(firing.run)
    assert run.parameters["data"] == "datasets/planned/june_2026.csv"
    assert run.name == "planned-prediction-june_2026"
    (trigger,) = here.triggers.all()
    assert (trigger.runs, trigger.last_run) == (1, run.id)


async def test_each_run_is_in_the_log_on_the_word_of_its_trigger(here: Assistant) -> None:
    await set_up(here, name="june")
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    with later():
        Told().watch(here).fire()

    entries = [one for one in here.audit.entries() if one.decision == "trigger june"]

    assert [(one.tool, one.stage, one.ok) for one in entries] == [
        ("start_run", "begun", False),
        ("start_run", "ended", True),
    ]
    report = here.audit.verify()
    assert (report.intact, report.unapproved_writes, report.unfinished) == (True, 0, ())


async def test_two_watchers_at_once_start_one_run_for_one_content(here: Assistant) -> None:
    await set_up(here)
    other = at(here.settings.home)
    told = Told()
    watchers = [told.watch(here), told.watch(other)]
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    with later():
        for watcher in watchers:
            watcher.fire()
    here.store.put("datasets", "planned/june_2026.csv", TABLE + b"B,3\n")
    with later():
        for watcher in reversed(watchers):
            watcher.fire()

    assert [one.run_name for one in told.firings] == ["planned-prediction-june_2026"] * 2


def test_an_object_is_claimed_by_one_of_those_who_have_seen_it(here: Assistant) -> None:
    place = {"bucket": "datasets", "pipeline": "delay-prediction", "parameter": "data"}
    book = here.triggers
    book.add(Trigger(name="all", created_at=clock.now(), **place), iter(()))
    found = here.store.put("datasets", "new.csv", TABLE)
    other = SqliteTriggers(here.settings.home / "triggers.db")

    assert other.unseen("all", [found]) == book.unseen("all", [found]) == [found]
    assert [one.claim("all", found) for one in (book, other, book)] == [True, False, False]


async def test_a_start_that_fails_is_told_and_recorded_and_not_tried_for_ever(
    here: Assistant,
) -> None:
    trigger = await set_up(here)
    told = Told()
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    watcher = told.watch(here)
    here.triggers.delete(trigger.name)
    gone = replace(trigger, pipeline="gone-by-now", name="gone")
    here.triggers.add(gone, iter(()))
    with later():
        watcher.fire()
        watcher.fire()

    (firing,) = told.firings
    assert "No pipeline is called 'gone-by-now'" in firing.problem
    (kept,) = here.triggers.all()
    assert (kept.runs, kept.failures, kept.problem) == (0, 1, firing.problem)
    (answer,) = await say(here, told, "what triggers are there?")
    assert "could not start a run for `planned/june_2026.csv`" in answer


async def test_what_is_claimed_by_somebody_who_ends_is_told_once_and_not_started_late(
    here: Assistant,
) -> None:
    trigger = await set_up(here)
    found = here.store.put("datasets", "planned/june_2026.csv", TABLE)
    assert here.triggers.claim(trigger.name, found)
    told = Told()
    with later(3600):
        told.watch(here).fire()
        told.watch(at(here.settings.home)).fire()

    assert [one.problem for one in told.firings] == [LOST]


async def test_a_paused_trigger_rests_and_what_came_meanwhile_counts_as_seen(
    here: Assistant,
) -> None:
    told = Told()
    await say(
        here,
        told,
        "whenever something is uploaded to datasets run delay-prediction on it",
        "pause that trigger",
    )
    watcher = told.watch(here)
    here.store.put("datasets", "one.csv", TABLE)
    with later():
        watcher.fire()
    (answer,) = await say(here, told, "resume the trigger")
    with later():
        watcher.fire()
    assert told.firings == []
    assert "works again" in answer

    here.store.put("datasets", "two.csv", TABLE)
    with later():
        watcher.fire()
    assert [one.object.key for one in told.firings] == ["two.csv"]


async def test_what_arrives_while_nothing_is_up_is_found_at_the_next_start(
    here: Assistant,
) -> None:
    await set_up(here)
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    told = Told()
    with later():
        told.watch(at(here.settings.home)).fire()

    assert [one.object.key for one in told.firings] == ["planned/june_2026.csv"]


async def test_a_file_that_is_still_being_copied_by_hand_is_left_until_it_rests(
    here: Assistant,
) -> None:
    await set_up(here)
    told = Told()
    watcher = told.watch(here)
    folder = here.settings.home / "objects" / "datasets" / "planned"
    folder.mkdir(exist_ok=True)
    (folder / "june_2026.csv").write_bytes(TABLE[:5])
    watcher.fire()
    assert told.firings == []
    (folder / "june_2026.csv").write_bytes(TABLE)
    with later():
        watcher.fire()

    assert [one.object.bytes for one in told.firings] == [len(TABLE)]


async def test_a_deleted_trigger_starts_nothing_and_its_runs_stay(here: Assistant) -> None:
    await set_up(here, name="june")
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    told = Told()
    with later():
        told.watch(here).fire()
    (answer,) = await say(here, told, "remove the trigger june")
    here.store.put("datasets", "planned/july_2026.csv", TABLE)
    with later():
        told.watch(here).fire()

    assert "deleted; the runs it started stay" in answer
    assert len(told.firings) == 1
    assert here.runs.get(told.firings[0].run).name == "june-june_2026"
    assert len(here.triggers.all()) == 0
