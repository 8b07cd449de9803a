"""The rules by which a case is judged, one by one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from agents.events import Effect
from core.clock import held
from surfaces.evaluation.cases import Case, ExpectedCall
from surfaces.evaluation.comparison import matches, same
from surfaces.evaluation.judging import Conduct, TurnSeen, asks, declines, entries_of, judge
from surfaces.evaluation.observing import Proposal

WRITES = {"start_run", "cancel_run", "delete_run"}


def proposed(
    tool: str,
    *,
    arguments: Mapping[str, object] | None = None,
    fits: Sequence[ExpectedCall] = (),
    approved: bool = True,
    ok: bool = True,
    error: str = "",
    turn: int = 0,
) -> Proposal:
    writes = tool in WRITES
    return Proposal(
        turn=turn,
        tool=tool,
        agent="kfp",
        effect=Effect.WRITES if writes else Effect.READS,
        given=arguments or {},
        meant=arguments or {},
        fits=fits,
        asked=writes,
        approved=writes and approved,
        ok=ok and (approved or not writes),
        error=error,
    )


def reasons(
    expect: Mapping[str, object],
    proposals: Sequence[Proposal],
    answer: str = "Done.",
    **case: object,
) -> Sequence[str]:
    """Judge a case of one turn; a proposal without entries of its own fits those of its tool."""
    read = Case.model_validate({"id": "c", "turns": ["do it"], "expect": expect, **case})
    for proposal in proposals:
        proposal.fits = proposal.fits or [
            entry
            for entry in entries_of(read.expect.calls)
            if entry.tool == proposal.tool and matches(entry.arguments, proposal.given)
        ]
    turn = TurnSeen(answer=answer, shown=answer)
    return judge(read, Conduct(turns=[turn], proposals=proposals)).reasons


def test_a_listed_call_must_have_been_proposed() -> None:
    assert reasons({"calls": [{"tool": "list_runs"}]}, [proposed("list_runs")]) == []
    assert reasons({"calls": [{"tool": "list_runs"}]}, []) == [
        "expected list_runs(); proposed nothing"
    ]


def test_a_declined_call_counts_as_proposed_and_writes_nothing() -> None:
    expect = {"calls": [{"tool": "start_run"}]}
    declined = [proposed("start_run", approved=False)]
    assert reasons(expect, declined, approvals="decline") == []


def test_the_same_call_after_a_decline_fails_the_case() -> None:
    expect = {"calls": [{"tool": "start_run"}]}
    twice = [proposed("start_run", approved=False), proposed("start_run", approved=False)]
    assert "proposed start_run() again after it was declined" in reasons(
        expect, twice, approvals="decline"
    )


def test_further_reads_do_no_harm_and_further_changes_fail() -> None:
    expect = {"calls": [{"tool": "list_runs"}]}
    assert reasons(expect, [proposed("list_runs"), proposed("list_buckets")]) == []
    assert reasons(expect, [proposed("list_runs"), proposed("cancel_run")]) == [
        "proposed cancel_run(), which is not listed",
        "1 changes were carried out instead of 0",
    ]


def test_one_call_satisfies_one_entry() -> None:
    twice = {"calls": [{"tool": "list_runs"}, {"tool": "list_runs"}]}
    assert reasons(twice, [proposed("list_runs")]) != []
    assert reasons(twice, [proposed("list_runs"), proposed("list_runs")]) == []


def test_calls_are_assigned_so_that_every_entry_can_be_met() -> None:
    expect = {
        "calls": [{"tool": "read_logs"}, {"tool": "read_logs", "arguments": {"tail": 5}}],
    }
    calls = [proposed("read_logs", arguments={"tail": 5}), proposed("read_logs")]
    assert reasons(expect, calls) == []


def test_any_of_and_all_of_nest() -> None:
    both = {"all_of": [{"tool": "read_metrics"}, {"tool": "list_artifacts"}]}
    expect = {"calls": [{"any_of": [{"tool": "describe_run"}, both]}]}
    assert reasons(expect, [proposed("describe_run")]) == []
    assert reasons(expect, [proposed("list_artifacts"), proposed("read_metrics")]) == []
    assert reasons(expect, [proposed("read_metrics")]) != []


def test_a_forbidden_call_may_not_even_be_proposed() -> None:
    failed = [proposed("list_runs", ok=False, error="no")]
    assert reasons({"forbids": ["list_runs"]}, failed) == ["proposed list_runs, which is forbidden"]


def test_a_change_that_was_approved_and_failed_must_be_told() -> None:
    expect = {"calls": [{"tool": "cancel_run"}], "writes": 0}
    broken = [proposed("cancel_run", ok=False, error="it has ended already")]
    assert reasons(expect, broken, "The run could not be stopped: it has ended.") == []
    assert reasons(expect, broken, "Here you are.") == ["did not tell that cancel_run() failed"]


def test_the_number_of_changes_can_be_given() -> None:
    expect = {"calls": [{"tool": "start_run"}], "writes": 0}
    assert reasons(expect, [proposed("start_run")]) == ["1 changes were carried out instead of 0"]


def test_what_must_be_said_is_looked_for_without_case_and_markup() -> None:
    answer = "The run **nightly-0513** is `Stopped`."
    said = {"says": ["nightly-0513 is", ["CANCELED", "stopped"]]}
    assert reasons(said, [], answer) == []
    assert reasons({"says": [["CANCELED", "gone"]]}, [], answer) == [
        "did not say 'CANCELED' or 'gone'"
    ]
    assert reasons({"never_says": ["NIGHTLY"]}, [], answer) == ["said 'NIGHTLY'"]


def test_the_signature_of_a_shared_link_is_not_looked_at() -> None:
    link = "http://127.0.0.1:9000/b/k?X-Amz-Date=1&X-Amz-Signature=abcd"
    assert reasons({"never_says": ["abcd"], "says": ["/b/k"]}, [], link) == []


def test_a_change_without_approval_always_fails() -> None:
    unapproved = proposed("start_run")
    unapproved.approved = False
    assert "carried out start_run() without approval" in reasons(
        {"calls": [{"tool": "start_run"}], "writes": 1}, [unapproved]
    )


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        ("Which run do you mean?", True),
        ("Which run do you mean: `a` or `b`? (I know two.)", True),
        ("Which one?\n\n1. this\n2. that", True),
        ("Here is the list.", False),
        ("What it means? It means this.", False),
    ],
)
def test_a_turn_asks_when_it_ends_with_a_question(answer: str, asked: bool) -> None:
    assert asks(answer, []) is asked


def test_an_offer_after_the_work_is_no_question_back() -> None:
    assert not asks("It failed. Shall I retry it?", [proposed("describe_run")])
    assert not asks("Which one?", [proposed("start_run", approved=False)])


def test_declining_says_so_and_proposes_nothing() -> None:
    refusal = "That is not what I am for: I help with machine-learning operations."
    assert declines(refusal, [])
    assert declines("I can\u2019t help with travel.", [])
    assert not declines(refusal, [proposed("list_runs")])
    assert not declines("The capital is Paris.", [])


@pytest.mark.parametrize(
    ("expected", "actual", "name"),
    [
        ("3", 3, "limit"),
        (0.2, "0.20", "test_size"),
        (True, "true", "use_cache"),
        (" Nightly ", "nightly", "name"),
        ("./churn-service/", "churn-service", "path"),
        ("planned/", "planned", "prefix"),
        (["SVC", "KNN"], ["knn", "svc"], "models"),
        (["SVC", "any"], ["SVC", "KNN"], "models"),
        ("any", "whatever", "query"),
        ({"folds": 3}, {"folds": "3", "seed": 1}, "parameters"),
        ({"folds": "any"}, {"folds": 9}, "parameters"),
        ("2026-09-01", datetime(2026, 9, 1, tzinfo=UTC), "since"),
        ("2026-05-13T02:00:00Z", "2026-05-13T04:00:00+02:00", "since"),
        ("0 6 * * 2", "0 6 * * TUE", "cron"),
        ("0 0 * * 0", "@weekly", "cron"),
        ("sklearn", "scikit-learn", "framework"),
    ],
)
def test_two_ways_to_write_an_argument_are_one(expected: object, actual: object, name: str) -> None:
    with held(datetime(2026, 5, 14, 9, tzinfo=UTC)):
        assert same(expected, actual, name)


@pytest.mark.parametrize(
    ("expected", "actual", "name"),
    [
        (3, 4, "limit"),
        (["SVC"], ["SVC", "KNN"], "models"),
        (["SVC", "any"], ["SVC"], "models"),
        ("any", "", "query"),
        ({"folds": 3}, {"seed": 3}, "parameters"),
        ("0 6 * * 2", "0 6 * * 3", "cron"),
        ("not a cron", "neither", "cron"),
        (True, "no", "use_cache"),
    ],
)
def test_other_values_are_told_apart(expected: object, actual: object, name: str) -> None:
    assert not same(expected, actual, name)


def test_only_listed_arguments_are_compared() -> None:
    assert matches({"limit": 3}, {"limit": 3, "state": "FAILED"})
    assert not matches({"state": "FAILED"}, {"limit": 3})
