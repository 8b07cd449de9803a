"""Answers about projects, toolchains, platforms and what was taken."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, percent, plural, table
from core.blueprints import Blueprint
from core.maturity import MaturityAssessment
from core.paging import Page
from core.platforms import PlatformComparison, PlatformMark, PlatformRow
from core.projects import Finding, ProjectInspection
from core.toolchains import (
    OtherToolchain,
    QuestionsFirst,
    Recommendation,
    RecordedChoice,
    SlotChoice,
)

SHOWN_CAVEATS = 2
"""In a conversation; the tool's card shows them all."""
SHOWN_OTHERS = 3
WORTH_NAMING = 0.01
"""The probability from which a tool is named beside the first."""
SHOWN_PLACES = 2
SHOWN_FILES = 8
_WITHDRAWN = "remove_choice"


@write_answer.register
def _inspection(value: ProjectInspection, tool: str, request: str) -> str:
    del tool, request
    known = [finding for finding in value.findings if finding.value]
    rows = [
        (finding.field.replace("_", " "), f"**{finding.value}**", _places(finding))
        for finding in known
    ]
    parts = [
        f"`{value.path}`: {plural(value.files, 'file')}, {value.read:,} of them read; nothing was"
        " run.",
        table(("field", "value", "shown by"), rows) if rows else "No file shows what it is.",
    ]
    unknown = [
        f"{f.field.replace('_', ' ')} ({f.note.rstrip('.')})" for f in value.findings if not f.value
    ]
    if unknown:
        parts.append(f"Unknown, which is not the same as absent: {'; '.join(unknown)}.")
    listed = [tool.tool for tool in value.tools if tool.declared_only]
    if listed:
        parts.append(
            f"Only listed, or only in tests and documents, which is no use: {', '.join(listed)}."
        )
    if value.skipped:
        parts.append(f"Left out: {'; '.join(value.skipped)}.")
    parts.append("Ask me to recommend a toolchain for it, or to assess its maturity.")
    return "\n\n".join(parts)


def _places(finding: Finding) -> str:
    shown = "; ".join(f"`{place}`" for place in finding.evidence[:SHOWN_PLACES])
    more = finding.places - min(len(finding.evidence), SHOWN_PLACES)
    return f"{shown}{f' and {more} more' if more > 0 and shown else ''}"


@write_answer.register
def _maturity(value: MaturityAssessment, tool: str, request: str) -> str:
    del tool, request
    rows = [
        (
            f"{p.number}. {p.name}",
            p.level,
            "; ".join(f"`{seen.evidence[0]}`" for seen in p.practices if seen.seen)
            or "nothing seen",
            p.next_step or "nothing",
        )
        for p in value.principles
    ]
    parts = [
        f"`{value.path}`: {value.in_place} of {len(value.principles)} principles are in place.",
        table(("principle", "level", "seen in", "next step"), rows),
    ]
    if value.first:
        parts.append(f"First of all: {value.first}")
    return "\n\n".join([*parts, value.notes[0]])


@write_answer.register
def _comparison(value: PlatformComparison, tool: str, request: str) -> str:
    del tool, request
    parts = []
    for title, rows in (("Features", value.features), ("Use cases", value.use_cases)):
        if rows:
            lines = [(_row_name(row), *(_mark(mark) for mark in row.marks)) for row in rows]
            parts.append(
                f"**{title}**, published / today:\n\n{table(('', *value.platforms), lines)}"
            )
    if len(value.platforms) <= SHOWN_OTHERS:
        parts += [
            f"**{o.platform}**: {o.gains} What it gives up: {o.gives_up} Leaving it: {o.leaving}"
            for o in value.outlooks
        ]
        named = [o for o in value.outlooks if o.steps]
        parts += [
            f"This project's pipeline on {o.platform}:\n\n"
            + "\n".join(f"{number}. {step}" for number, step in enumerate(o.steps, 1))
            for o in named
        ]
    else:
        lines_ = "\n".join(f"- **{o.platform}** gives up: {o.gives_up}" for o in value.outlooks)
        parts.append(f"What each choice costs in what it gives up:\n\n{lines_}")
    parts.append(f"✓ yes, ~ partly, ✗ no. Published: {value.published_in}.")
    return "\n\n".join([*parts, *value.notes])


def _row_name(row: PlatformRow) -> str:
    return row.name if row.certain else f"{row.name} ?"


def _mark(mark: PlatformMark) -> str:
    today = {"yes": "✓", "partly": "~", "no": "✗"}[mark.today]
    return f"{'✓' if mark.published else '✗'} / {today}"


@write_answer.register
def _blueprint(value: Blueprint, tool: str, request: str) -> str:
    del tool, request
    files = ", ".join(f"`{path}`" for path in value.files[:SHOWN_FILES])
    more = len(value.files) - SHOWN_FILES
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(value.next_steps, 1))
    return (
        f"The **{value.platform}** blueprint of `{value.pipeline}` is in `{value.folder}`:"
        f" {files}{f' and {more} more' if more > 0 else ''}.\n\nHow it goes on:\n\n{steps}\n\n"
        "Its `README.md` has the commands."
    )


@write_answer.register
def _choice(value: RecordedChoice, tool: str, request: str) -> str:
    del request
    what = f"**{value.tool}** for {value.slot.replace('_', ' ')} (`{value.id}`)"
    if tool == _WITHDRAWN:
        again = (
            " It was learned from: `mlops-swarm recommend --retrain` unlearns it." * value.learned
        )
        return f"{what} is no longer recorded.{again}"
    return (
        f"Recorded on this machine: you took {what}. Recommendations change when the forest learns"
        " it: `mlops-swarm recommend --retrain`."
    )


@write_list.register
def _choices(first: RecordedChoice, page: Page[RecordedChoice]) -> str:
    del first
    rows = [
        (
            f"`{choice.id}`",
            choice.tool,
            choice.slot.replace("_", " "),
            ago(choice.at),
            "yes" if choice.learned else "not yet",
        )
        for choice in page
    ]
    return table(("id", "taken", "for", "recorded", "learned"), rows)


@write_answer.register
def _questions(value: QuestionsFirst, tool: str, request: str) -> str:
    del tool, request
    asked = "\n".join(f"- {question}" for question in value.questions)
    return (
        f"To recommend something that fits, I need to know a little:\n\n{asked}\n\n"
        "What can you tell me of these (“skip” is an answer, too)?"
    )


@write_answer.register
def _toolchain(value: Recommendation, tool: str, request: str) -> str:
    del tool, request
    rows = [_slot_row(slot) for slot in (value.platform, *value.slots) if slot.choices]
    parts = [
        f"For {_known(value)}:",
        table(("slot", "first choice", "next", "evidence"), rows),
        f"**Why {value.platform.choices[0].tool}:** {value.platform.why}",
    ]
    parts += [f"Why not the next: {value.platform.why_not}"] if value.platform.why_not else []
    if value.platform.flips:
        flips = "\n".join(f"- {flip}" for flip in value.platform.flips[:4])
        parts.append(f"What would change the platform:\n\n{flips}")
    if value.alternatives:
        others = "\n".join(
            f"- **{o.name}**: {_instead(o)}; {o.reason}." for o in value.alternatives
        )
        parts.append(f"Other toolchains that fit together:\n\n{others}")
    if value.neighbours:
        near = "; ".join(f"`{n.repository}` ({n.platform})" for n in value.neighbours)
        parts.append(f"Most like it among the projects of the data: {near}.")
    if value.companies:
        parts.append(f"{' '.join(value.companies)} (Published stories, no market shares.)")
    weak = [slot for slot in value.slots if slot.evidence == "weak"]
    if weak:
        parts.append(
            f"“weak” means that the data says no more than popularity: {len(weak)} of"
            f" {len(value.slots)} slots."
        )
    parts += value.caveats[:SHOWN_CAVEATS]
    if value.questions_left:
        left = value.questions_left
        parts.append(
            f"At most {plural(left, 'question')} left, and “skip” passes one over:"
            f" {value.questions[0].text}"
        )
    return "\n\n".join(parts)


def _instead(other: OtherToolchain) -> str:
    shown = [
        f"{slot.replace('_', ' ')} {other.tools[slot]}" for slot in other.differs[:SHOWN_OTHERS]
    ]
    more = len(other.differs) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more > 0 else ''}"


def _slot_row(slot: SlotChoice) -> tuple[str, ...]:
    first, *others = slot.choices
    return (
        slot.slot.replace("_", " "),
        f"**{first.tool}** {percent(first.probability)}",
        ", ".join(
            f"{choice.tool} {percent(choice.probability)}"
            for choice in others[:2]
            if choice.probability >= WORTH_NAMING
        ),
        slot.evidence,
    )


def _known(value: Recommendation) -> str:
    profile = value.profile
    facts = [
        ", ".join(profile.data_types) and f"{', '.join(profile.data_types)} data",
        profile.task,
        profile.framework,
        profile.team_size and f"a {profile.team_size} team",
        profile.deployment and f"{profile.deployment} use",
        profile.cloud and f"cloud {profile.cloud}",
        profile.kubernetes and f"Kubernetes skill {profile.kubernetes}",
        profile.tests and f"{'no' if profile.tests == 'none' else profile.tests} tests",
        profile.budget and f"{profile.budget} budget",
        profile.governance and f"{profile.governance} governance",
        ", ".join(profile.existing_tools) and f"keeping {', '.join(profile.existing_tools)}",
    ]
    return "; ".join(fact for fact in facts if fact) or "what you told"
