"""From the log of a conversation to the steps of a script."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.exports.record import Recorder
from agents.exports.script import Joined, Script, Step, Variable, Wait
from core.audit import AuditEntry
from core.errors import NotFoundError
from core.runs import Run, RunState
from core.sessions import Turn

BEGAN = datetime(2026, 5, 14, 9, tzinfo=UTC)
RUN_1, RUN_2 = Variable(name="run_1"), Variable(name="run_2")
DEFAULTS: dict[str, dict[str, object]] = {
    "start_run": {"parameters": {}, "experiment": "", "name": "", "use_cache": True},
    "list_runs": {"pipeline": "", "state": "", "experiment": "", "since": "", "limit": 10},
    "read_metrics": {},
    "describe_run": {},
    "diagnose_run": {},
    "retry_run": {},
    "cancel_run": {},
    "delete_run": {},
    "watch_run": {},
    "preview_object": {"rows": 10},
    "create_bucket": {},
    "promote_model": {"alias": "champion"},
}
READS = frozenset(
    "list_runs read_metrics describe_run diagnose_run watch_run preview_object".split()
)


def minutes(count: float) -> datetime:
    return BEGAN + timedelta(minutes=count)


def called(tool: str, minute: float, /, **more: Any) -> AuditEntry:
    reads = tool in READS
    facts: dict[str, Any] = {
        "at": minutes(minute),
        "session": "c8a0191d",
        "agent": "kfp",
        "tool": tool,
        "arguments": {},
        "effect": "reads" if reads else "writes",
        "decision": "" if reads else "allow",
        "ok": True,
        "seconds": 1.0,
    }
    return AuditEntry(**{**facts, **more})


def started(run_id: str, minute: float) -> AuditEntry:
    arguments = {"pipeline": "delay", "parameters": {}, "use_cache": True, "name": ""}
    return called("start_run", minute, arguments=arguments, made=run_id)


def of_run(tool: str, minute: float, run_id: str, said: str = "latest") -> AuditEntry:
    return called(tool, minute, arguments={"run": said}, meant={"run": run_id})


def script_of(entries: Sequence[AuditEntry], *runs: Run, turns: Sequence[Turn] = ()) -> Script:
    def get(run_id: str) -> Run:
        for run in runs:
            if run.id == run_id:
                return run
        raise NotFoundError(f"There is no run {run_id!r}.")

    return Recorder(DEFAULTS, get).script("c8a0191d", "train", entries, turns)


def run(run_id: str, ended: float | None, state: RunState = RunState.SUCCEEDED) -> Run:
    return Run(
        id=run_id,
        name=f"delay-{run_id[:1]}",
        pipeline="delay",
        state=state,
        parameters={},
        created_at=BEGAN,
        finished_at=None if ended is None else minutes(ended),
    )


def test_only_what_was_carried_out_and_succeeded_is_in_it_and_the_rest_is_counted() -> None:
    bucket = {"arguments": {"bucket": "a"}}
    script = script_of(
        [
            called("create_bucket", 1, **bucket, stage="begun", ok=False),
            called("create_bucket", 1, **bucket),
            called("create_bucket", 2, **bucket, ok=False, error="It is there."),
            called("create_bucket", 3, decision="reject", ok=False),
            called("create_bucket", 4, decision="reject", ok=False),
            called("export_session", 5, arguments={"path": "x.py"}),
            called("gone_tool", 6, arguments={}),
        ]
    )

    assert script.steps == [Step(tool="create_bucket", arguments={"bucket": "a"}, changes=True)]
    assert script.left_out == (
        "2 calls: rejected",
        "1 call: failed",
        "1 call: of a tool that is not there any more",
    )
    assert script.date == "2026-05-14"


def test_what_is_read_again_with_no_change_between_is_in_it_once() -> None:
    script = script_of(
        [
            called("list_runs", 1),
            called("list_runs", 2),
            called("list_runs", 3, arguments={"limit": 5}),
            called("create_bucket", 4, arguments={"bucket": "a"}),
            called("list_runs", 5),
        ]
    )

    told = [(step.tool, dict(step.arguments)) for step in script.steps]
    assert told == [
        ("list_runs", {}),
        ("list_runs", {"limit": 5}),
        ("create_bucket", {"bucket": "a"}),
        ("list_runs", {}),
    ]
    assert script.left_out == ("1 call: repeated, or only waited",)


def test_a_reference_is_what_it_was_then() -> None:
    script = script_of(
        [
            of_run("diagnose_run", 1, "c4d2907e", said="latest failed"),
            called(
                "promote_model",
                2,
                arguments={"model": "delay", "version": "challenger", "alias": "champion"},
                meant={"model": "delay", "version": "3"},
            ),
            called("list_runs", 3, arguments={"since": "yesterday"}),
        ]
    )

    assert [dict(step.arguments) for step in script.steps] == [
        {"run": "c4d2907e"},
        {"model": "delay", "version": "3"},
        {"since": "2026-05-13T00:00:00+00:00"},
    ]


def test_a_run_that_was_started_here_is_the_one_that_the_script_starts() -> None:
    key = "delay/7f3a1c52/report.csv"
    script = script_of(
        [
            started("7f3a1c52", 1),
            of_run("read_metrics", 10, "7f3a1c52"),
            called("preview_object", 11, arguments={"bucket": "artifacts", "key": key}),
        ],
        run("7f3a1c52", 5),
    )

    first, metrics, preview = script.steps
    assert (first.run, dict(first.arguments)) == (RUN_1, {"pipeline": "delay"})
    assert (metrics.arguments["run"], metrics.waits) == (RUN_1, (Wait(run=RUN_1, succeeded=True),))
    assert preview.arguments["key"] == Joined(parts=("delay/", RUN_1, "/report.csv"))
    assert (preview.waits, script.last) == ((), ())


def test_what_had_ended_by_then_is_waited_for_and_nothing_else() -> None:
    script = script_of(
        [
            started("aaaaaaaa", 1),
            started("bbbbbbbb", 2),
            of_run("describe_run", 3, "aaaaaaaa"),
            of_run("watch_run", 3, "bbbbbbbb"),
            called("create_bucket", 6, arguments={"bucket": "x"}),
        ],
        run("aaaaaaaa", 5),
        run("bbbbbbbb", 9, RunState.FAILED),
    )

    assert [(step.tool, step.waits) for step in script.steps] == [
        ("start_run", ()),
        ("start_run", ()),
        ("describe_run", ()),
        ("create_bucket", (Wait(run=RUN_1, succeeded=True),)),
    ]
    # It ended after the last call, and a job that ends would take it along.
    assert script.last == (Wait(run=RUN_2, succeeded=False),)


def test_a_run_at_work_still_is_not_waited_for() -> None:
    script = script_of([started("aaaaaaaa", 1)], run("aaaaaaaa", None, RunState.RUNNING))

    assert script.last == ()


def test_a_retry_waits_for_the_failure_and_is_waited_for_itself() -> None:
    script = script_of(
        [
            started("aaaaaaaa", 1),
            of_run("retry_run", 5, "aaaaaaaa"),
            of_run("read_metrics", 9, "aaaaaaaa"),
        ],
        run("aaaaaaaa", 8),
    )

    assert [step.waits for step in script.steps] == [
        (),
        (Wait(run=RUN_1, succeeded=False),),
        (Wait(run=RUN_1, succeeded=True),),
    ]


def test_a_run_that_was_canceled_is_canceled_while_it_is_at_work() -> None:
    script = script_of(
        [
            started("aaaaaaaa", 1),
            of_run("cancel_run", 2, "aaaaaaaa"),
            of_run("delete_run", 4, "aaaaaaaa"),
        ],
    )

    # It is deleted by now, so that nobody knows any more how it ended.
    assert [step.waits for step in script.steps] == [
        (),
        (),
        (Wait(run=RUN_1, succeeded=False),),
    ]


def test_the_words_of_each_request_stand_above_what_was_done_about_it() -> None:
    long = "make two buckets, please, " * 9
    turns = [
        Turn(question=long, answer="", at=minutes(2)),
        Turn(question="and\n\x1b[2Ja third", answer="", at=minutes(8)),
    ]
    script = script_of(
        [
            called("create_bucket", 1, arguments={"bucket": "a"}),
            called("create_bucket", 1.5, arguments={"bucket": "b"}),
            called("create_bucket", 4, arguments={"bucket": "by-hand"}, agent="you"),
            called("create_bucket", 7, arguments={"bucket": "c"}),
            called("create_bucket", 9, arguments={"bucket": "now"}),
        ],
        turns=turns,
    )

    told = [
        (part.words, [step.arguments["bucket"] for step in part.steps]) for part in script.parts
    ]
    assert told == [
        (
            f"{'make two buckets, please, ' * 3}make two buckets, …",
            ["a", "b"],
        ),
        ("", ["by-hand"]),
        ("and a third", ["c"]),
        # The turn is under way: what was said in it is not kept yet.
        ("", ["now"]),
    ]


@pytest.mark.parametrize("word", ["run_1", "aaaaaaaa"])
def test_an_id_is_a_text_until_its_run_was_started(word: str) -> None:
    script = script_of(
        [
            called("create_bucket", 1, arguments={"bucket": word}),
            started("aaaaaaaa", 2),
        ],
        run("aaaaaaaa", 5),
    )

    assert script.steps[0].arguments == {"bucket": word}


def test_a_version_named_after_a_training_is_pointed_out() -> None:
    arguments = {"model": "delay", "version": "latest", "alias": "champion"}
    promoted = called("promote_model", 9, arguments=arguments, meant={"version": "3"})
    ended = run("aaaaaaaa", 5)
    told = "Versions of models are those of then, also after a run that makes others."

    assert told in script_of([started("aaaaaaaa", 1), promoted], ended).about
    assert told not in script_of([promoted]).about
