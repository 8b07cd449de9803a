"""Triggers end to end: a conversation sets one up, a file arrives, a run starts, once."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from command_line import typed

from agents.approval import Approver, Caller
from agents.events import Answer, ApprovalCard, Decision, ToolFinished, TurnFinished
from backends.triggers_sqlite import LOST, SqliteTriggers
from core import clock
from core.clock import held
from core.errors import AssistantError, NotFoundError, RequestError, SettingsError
from core.services import KubeflowSettings
from core.settings import Settings
from core.triggers import Firing, Trigger
from knowledge.library import Library
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_runs import WorldRuns
from surfaces.services import library_of
from surfaces.watching import Watcher

SECONDS = 30
TABLE = b"phase,planned_duration_days\nA,12\n"
WATCHED: dict[str, object] = {
    "bucket": "datasets",
    "prefix": "planned",
    "pipeline": "delay-prediction",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_of(Settings(home=tmp_path_factory.mktemp("indexed")))


@pytest.fixture
def here(tmp_path: Path, library: Library) -> Assistant:
    settings = Settings(home=tmp_path / "home")
    return assemble(settings, run_backend=WorldRuns, library=library)


def at(home: Path, **settings: object) -> Assistant:
    return assemble(Settings.model_validate({"home": home, **settings}), run_backend=WorldRuns)


class Told:
    """What a watcher said, and the person's answers to cards."""

    def __init__(self) -> None:
        self.firings: list[Firing] = []
        self.problems: list[AssistantError] = []
        self.cards: list[ApprovalCard] = []

    def watch(self, assistant: Assistant) -> Watcher:
        watcher = assistant.watcher(self.firings.append, self.problems.append)
        assert watcher is not None
        return watcher

    async def allow(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=Answer.ALLOW)

    async def decline(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=Answer.REJECT)


async def call(assistant: Assistant, tool: str, approve: Approver, **arguments: object) -> object:
    caller = Caller(agent="person", approve=approve, notify=lambda _: None)
    return await assistant.toolbox.call(tool, arguments, caller)


async def set_up(assistant: Assistant, **changes: object) -> Trigger:
    value = await call(assistant, "create_trigger", Told().allow, **(WATCHED | changes))
    assert isinstance(value, Trigger)
    return value


async def say(assistant: Assistant, told: Told, *turns: str) -> Sequence[str]:
    session = assistant.session()
    answers = []
    for text in turns:
        async with aclosing(session.ask(text, told.allow)) as events:
            async for event in events:
                if isinstance(event, TurnFinished):
                    answers.append(event.answer)
                if isinstance(event, ToolFinished):
                    assert event.ok, event.error
    return answers


def rested(assistant: Assistant, key: str) -> None:
    """Put a file into the store's folder that was written long ago."""
    path = assistant.settings.home / "objects" / "datasets" / key
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(TABLE)
    os.utime(path, (1_700_000_000, 1_700_000_000))


@contextmanager
def later(seconds: float = 60) -> Iterator[None]:
    """Look when a file has rested: one that was written just now may still be copied."""
    with held(clock.now() + timedelta(seconds=seconds)):
        yield


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


async def test_a_trigger_that_was_declined_is_not_there(here: Assistant) -> None:
    told = Told()
    with pytest.raises(RequestError):
        await call(here, "create_trigger", told.decline, **WATCHED)

    assert len(here.triggers.all()) == 0


async def test_what_cannot_work_is_refused_before_it_is_asked_for(here: Assistant) -> None:
    told = Told()
    await set_up(here, name="first")
    wrong: list[tuple[dict[str, object], str]] = [
        ({"bucket": "datsets"}, "datasets"),
        ({"pipeline": "delay-predicton"}, "delay-prediction"),
        ({"parameter": "dta"}, "data"),
        ({"parameters": {"fold": 3}}, "folds"),
        ({"parameters": {"data": "datasets/a.csv"}}, "Leave it out"),
        ({"name": "first"}, "another name"),
        ({"name": "not a name!"}, "june-scoring"),
        ({"bucket": "artifacts", "prefix": ""}, "Watch a folder"),
        ({"bucket": "artifacts", "prefix": "delay-prediction"}, "Watch a folder"),
        ({"bucket": "models", "prefix": ""}, "Watch a folder"),
    ]
    for changes, teaches in wrong:
        with pytest.raises((RequestError, NotFoundError)) as caught:
            await call(here, "create_trigger", told.allow, **(WATCHED | changes))
        assert teaches in caught.value.hint, changes

    assert told.cards == []
    assert [one.name for one in here.triggers.all()] == ["first"]


async def test_triggers_that_would_start_one_another_for_ever_are_refused(
    here: Assistant,
) -> None:
    told = Told()
    await set_up(here, bucket="artifacts", prefix="drift-check", name="after-checks")
    with pytest.raises(RequestError, match="without end"):
        await call(
            here,
            "create_trigger",
            told.allow,
            bucket="artifacts",
            prefix="delay-prediction",
            pipeline="drift-check",
            parameter="data",
        )


async def test_a_read_only_assistant_sets_up_and_starts_nothing(here: Assistant) -> None:
    await set_up(here)
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    looking = at(here.settings.home, read_only=True)
    told = Told()

    assert looking.watcher(told.firings.append, told.problems.append) is None
    with pytest.raises(RequestError, match="read-only"):
        await call(looking, "create_trigger", told.allow, **WATCHED)


async def test_settings_that_let_nobody_start_runs_let_no_trigger_either(tmp_path: Path) -> None:
    cluster = KubeflowSettings(kind="kubeflow", host="http://127.0.0.1:9", allow_changes=False)
    looking = at(tmp_path, runs=cluster)
    told = Told()

    assert looking.watcher(told.firings.append, told.problems.append) is None
    with pytest.raises(SettingsError, match="not allowed"):
        await call(looking, "create_trigger", told.allow, **WATCHED)
    assert told.cards == []


async def test_a_bucket_that_is_gone_is_told_of_once(here: Assistant) -> None:
    here.store.create_bucket("incoming")
    await set_up(here, bucket="incoming", prefix="")
    here.store.delete_bucket("incoming")
    told = Told()
    watcher = told.watch(here)
    watcher.fire()
    watcher.fire()
    assert [type(one) for one in told.problems] == [NotFoundError]


async def test_a_watcher_that_is_started_looks_by_itself_and_ends(here: Assistant) -> None:
    await set_up(here)
    rested(here, "planned/june_2026.csv")
    arrived = threading.Event()
    watcher = here.watcher(lambda _: arrived.set(), print)
    assert watcher is not None
    watcher.start()
    assert arrived.wait(SECONDS)
    watcher.stop(SECONDS)
    assert "triggers" not in {one.name for one in threading.enumerate()}


def test_the_daemon_looks_once_for_objects_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    here = at(home)
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(home))
    gone = Trigger(
        name="gone",
        bucket="datasets",
        pipeline="gone-by-now",
        parameter="data",
        created_at=clock.now() - timedelta(days=1),
    )
    here.triggers.add(gone, iter(()))
    rested(here, "new.csv")

    done = typed(capsys, "daemon", "--once")

    assert done.code == 0
    assert "The trigger gone could not start a run for datasets/new.csv: No pipeline" in done.out
