"""Answers about models in use: scored tables, drift, deployments, packages."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import number, percent, plural, table
from core.deployments import (
    Deployment,
    DeploymentAdvice,
    DeploymentMode,
    DeploymentState,
    ModelPackage,
    StoppedDeployment,
)
from core.drift import DriftReport, DriftVerdict, FeatureDrift
from core.models import ScoredTable
from core.paging import Page

SHOWN_FEATURES = 8


@write_answer.register
def _scored(value: ScoredTable, tool: str, request: str) -> str:
    del tool, request
    parts = [
        f"**{value.scored:,} of {plural(value.rows, 'row')}** of `{value.source}` are scored with"
        f" {value.model}:{value.version}: **{value.delayed:,}** will be late by its verdict, mean"
        f" chance of delay {percent(value.mean_probability)} (of the phases it learned from,"
        f" {percent(value.base_rate)} were late).",
        f"The predictions are in `{value.target}`.",
    ]
    if value.bad:
        told = "\n".join(f"- row {found.row}: {found.problem}" for found in value.problems)
        more = value.bad - len(value.problems)
        parts.append(
            f"{plural(value.bad, 'row')} could not be scored; they are in the result, with what is"
            f" wrong:\n\n{told}" + (f"\n- and {more} more" if more > 0 else "")
        )
    if value.filled:
        parts.append(
            f"Not in the table, so filled with typical values: {', '.join(value.filled[:8])}"
            f"{f' and {len(value.filled) - 8} more' if len(value.filled) > 8 else ''}."
        )
    return "\n\n".join([*parts, *value.notes])


@write_answer.register
def _drift(value: DriftReport, tool: str, request: str) -> str:
    del tool, request
    heads = {
        DriftVerdict.DRIFTED: f"**Yes, `{value.source}` has drifted**",
        DriftVerdict.WATCH: f"**`{value.source}` begins to move**",
        DriftVerdict.STABLE: f"**No, `{value.source}` has not drifted**",
    }
    parts = [
        f"{heads[value.verdict]} from what {value.model}:{value.version} learned from"
        f" ({value.rows:,} rows against {value.reference_rows:,}).",
    ]
    others = [found for found in (value.prediction, value.target) if found is not None]
    moved = [found for found in value.features if found.verdict is not DriftVerdict.STABLE]
    shown = [*moved[:SHOWN_FEATURES], *others]
    rows = [_drift_row(found) for found in shown]
    parts.append(table(("what", "PSI", "KS", "verdict", "what moved"), rows))
    if len(moved) > SHOWN_FEATURES:
        parts.append(f"{len(moved) - SHOWN_FEATURES} more features have moved.")
    if value.performance is not None:
        found = value.performance
        word = "worse by more than noise than" if found.worse else "within noise of"
        parts.append(
            f"On {found.rows:,} rows with a known outcome it is right in {percent(found.accuracy)},"
            f" {word} the {percent(found.expected)} of its card."
        )
    parts.append(value.advice)
    if value.retrain:
        parts.append("Shall I train it again? Say “run delay-prediction”.")
    parts.append(value.thresholds)
    parts += [f"The whole report: `{value.report}`."] if value.report else []
    return "\n\n".join([*parts, *value.notes])


def _drift_row(found: FeatureDrift) -> tuple[str, ...]:
    ks = "" if found.ks is None else number(found.ks)
    return (f"`{found.feature}`", number(found.psi), ks, found.verdict, found.moved)


@write_list.register
def _deployments(first: Deployment, page: Page[Deployment]) -> str:
    del first
    rows = [
        (
            f"`{found.name}`",
            f"{found.model}:{found.version}",
            found.follows or "fixed",
            found.mode,
            found.state,
            found.address or found.source,
            f"{found.predictions:,}",
        )
        for found in page
    ]
    columns = ("deployment", "model", "follows", "mode", "state", "where", "predictions")
    ended = [found.name for found in page if found.state is DeploymentState.ENDED]
    note = (
        f"\n\n{', '.join(ended)} no longer answers: deploy it again, or stop it." if ended else ""
    )
    return table(columns, rows) + note


@write_answer.register
def _deployment(value: Deployment, tool: str, request: str) -> str:
    del tool, request
    follows = f", following the {value.follows}" if value.follows else ""
    instead = f" in place of version {value.replaced}" if value.replaced else ""
    head = (
        f"**{value.name}** is {value.state}: {value.model}:{value.version}{follows}, {value.mode}"
        f"{instead}."
    )
    if value.mode is DeploymentMode.BATCH:
        if not value.source.endswith("/"):
            return f"{head} The schedule `{value.schedule}` of the cluster scores `{value.source}`."
        return (
            f"{head} The schedule `{value.schedule}` scores every table that came below"
            f" `{value.source}` since it last fired; it fires while an assistant or"
            " `mlops-swarm daemon` is running."
        )
    return (
        f"{head}\n\n- It answers at `{value.pages['predict']}`; what it takes is described at"
        f" `{value.pages['docs']}`, counts are at `{value.pages['metrics']}`.\n"
        f"- Requests carry the key from `{value.key_file}` in the header `X-API-Key`.\n"
        "- It goes on when the assistant ends, and records what it is asked for drift checks."
    )


@write_answer.register
def _stopped(value: StoppedDeployment, tool: str, request: str) -> str:
    del tool, request
    kept = f" What it recorded is still in `{value.kept}`." if value.kept else ""
    return (
        f"**{value.name}** ({value.model}:{value.version}, {value.mode}) is stopped and answers no"
        f" more.{kept}"
    )


@write_answer.register
def _advice(value: DeploymentAdvice, tool: str, request: str) -> str:
    del tool, request
    why = "\n".join(f"- {reason}" for reason in value.why)
    against = "\n".join(f"- {mode}: {reason}" for mode, reason in value.why_not.items())
    parts = [
        f"I recommend **{value.mode}**:\n\n{why}",
        f"What speaks against the others:\n\n{against}",
    ]
    unclear = [name for name, read in value.understood.items() if read == "not understood"]
    if unclear:
        parts.append(f"I could not read what you said of {', '.join(unclear)}.")
    if value.unknown:
        parts.append(f"Not said, and could change it: {', '.join(value.unknown)}.")
    parts.append(value.instead or f"Say “deploy delay {value.mode}” to do it.")
    return "\n\n".join(parts)


@write_answer.register
def _package(value: ModelPackage, tool: str, request: str) -> str:
    del tool, request
    return (
        f"{value.model}:{value.version} is packed into `{value.path}` ({value.bytes:,} bytes,"
        f" {len(value.files)} files). It runs without this assistant:\n\n```\n{value.how}\n```"
    )
