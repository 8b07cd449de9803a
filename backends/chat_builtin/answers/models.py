"""Answers about scores, models and predictions."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, number, percent, plural, table
from core.metrics import RunMetrics
from core.models import (
    AliasChange,
    ModelCard,
    ModelVersion,
    Prediction,
    PredictionReason,
    PromotedModel,
    RegisteredModel,
)
from core.paging import Page

SHOWN_CHANGES = 4


@write_list.register
def _models(first: RegisteredModel, page: Page[RegisteredModel]) -> str:
    del first
    blocks = []
    for model in page:
        rows = [
            (
                f"{model.name}:{v.version}",
                ", ".join(v.aliases),
                v.algorithm,
                number(v.metrics["accuracy"]) if "accuracy" in v.metrics else "",
                _tags(v),
                f"`{v.run_id}`",
                ago(v.registered_at),
            )
            for v in model.versions
        ]
        head = f"**{model.name}**, {plural(len(rows), 'version')}:\n\n"
        columns = ("version", "alias", "algorithm", "accuracy", "tags", "run", "registered")
        blocks.append(head + table(columns, rows) + _history(model))
    return "\n\n".join(blocks)


def _history(model: RegisteredModel) -> str:
    told = [_change(change) for change in model.history[:SHOWN_CHANGES]]
    return "\n\n" + "\n".join(f"- {line}" for line in told) if told else ""


def _tags(version: ModelVersion) -> str:
    return ", ".join(f"{name}={value}" for name, value in version.tags.items())


def _change(change: AliasChange) -> str:
    to = f"version {change.version}" if change.version else "nobody"
    before = f", before that version {change.previous}" if change.previous else ""
    return f"{change.alias}: {to} ({change.action} by {change.by} {ago(change.at)}{before})"


@write_answer.register
def _promoted(value: PromotedModel, tool: str, request: str) -> str:
    del request
    version, change = value.version, value.change
    before = f" It was version {change.previous} before." if change.previous else ""
    follow = (
        f" Following it: {', '.join(f'`{name}`' for name in value.follows)}."
        if value.follows
        else ""
    )
    undo = " “Go back” undoes it." if tool == "promote_model" else ""
    return (
        f"**{version.model}:{version.version}** ({version.algorithm}) is the {change.alias} now."
        f"{before} Approved by {change.by}.{follow}{undo}"
    )


@write_answer.register
def _tagged(value: ModelVersion, tool: str, request: str) -> str:
    del tool, request
    tags = f"has the tags {_tags(value)}" if value.tags else "has no tags"
    return f"**{value.model}:{value.version}** ({value.algorithm}) {tags} now."


@write_answer.register
def _metrics(value: RunMetrics, tool: str, request: str) -> str:
    del tool, request
    head = f"Run `{value.run_id}` ({value.run_name})"
    if not value.winner:
        scores = ", ".join(f"{k.replace('_', ' ')} {number(v)}" for k, v in value.metrics.items())
        return f"{head} measured: {scores}."
    parts = [f"{_winner(value)} {_beside(value)}", value.why]
    if value.models:
        parts.append(_scores(value))
    parts += ["\n".join(f"- {note}" for note in (value.verdict, *value.notes) if note), value.gate]
    if value.report:
        parts.append(f"The report: `{value.report}`.")
    return "\n\n".join(part for part in parts if part)


def _winner(value: RunMetrics) -> str:
    best = next((model for model in value.models if model.name == value.winner), None)
    measured = (
        f" with accuracy {number(best.accuracy)} and ROC AUC {number(best.roc_auc)}" if best else ""
    )
    split = f" ({value.split})" if value.split else ""
    return (
        f"**{value.winner}** won run `{value.run_id}` ({value.run_name}){measured} on the test"
        f" rows{split}."
    )


def _beside(value: RunMetrics) -> str:
    beside = [f"{name} {number(score)}" for name, score in value.baselines.items()]
    return f"Beside it, the baselines: {', '.join(beside)}." if beside else ""


def _scores(value: RunMetrics) -> str:
    rows = [
        (
            f"**{m.name}**" if m.name == value.winner else m.name,
            number(m.cv_accuracy),
            number(m.accuracy),
            number(m.balanced_accuracy),
            number(m.macro_f1),
            number(m.roc_auc),
        )
        for m in value.models
    ]
    return table(("model", "folds", "accuracy", "balanced", "macro F1", "ROC AUC"), rows)


@write_answer.register
def _card(value: ModelCard, tool: str, request: str) -> str:
    del tool, request
    version = value.version
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    scores = ", ".join(f"{k.replace('_', ' ')} {number(v)}" for k, v in value.metrics.items())
    baselines = ", ".join(f"{name} {number(v)}" for name, v in value.baselines.items())
    weights = list(value.importances.items())[:5]
    matters = ", ".join(f"`{name}` ({number(weight)})" for name, weight in weights)
    groups = "; ".join(
        f"{name}: " + ", ".join(f"{k.replace('_', ' ')} {number(v)}" for k, v in scores.items())
        for name, scores in value.subgroups.items()
    )
    lines = [
        f"**{version.model}:{version.version}**{aliases} — {value.purpose}",
        f"- Algorithm: {version.algorithm}, from run `{version.run_id}`,"
        f" registered {ago(version.registered_at)}",
        f"- Tags: {_tags(version)}" if version.tags else "",
        f"- Data: {_pairs(value.data)}",
        f"- Split: {_pairs(value.split)}",
        f"- Test scores: {scores}; baselines: {baselines}",
        f"- Subgroups: {groups}" if groups else "",
        f"- What matters most (permutation importance): {matters}" if matters else "",
        *_fairness(value),
        _calibration(value),
        _robustness(value),
        f"- Trained with {_pairs(value.environment)}" if value.environment else "",
        *(f"- {_change(change)}" for change in value.history[:SHOWN_CHANGES]),
        *(f"- {note}" for note in value.notes),
    ]
    return "\n".join([lines[0], "", *(line for line in lines[1:] if line)])


def _fairness(card: ModelCard) -> list[str]:
    lines = []
    for column, groups in card.fairness.items():
        told = ", ".join(
            f"{name} {percent(scores['accuracy'])} of {scores['rows']:.0f}"
            for name, scores in groups.items()
        )
        lines.append(f"- Right by {column.replace('_', ' ')}: {told}")
    return lines


def _calibration(card: ModelCard) -> str:
    told = "; ".join(
        f"said {percent(found.predicted)}, came true {percent(found.observed)}"
        for found in card.calibration
    )
    return f"- Calibration: {told}" if told else ""


def _robustness(card: ModelCard) -> str:
    whole = card.robustness.get("as it is")
    if whole is None:
        return ""
    worst = min(card.robustness, key=lambda what: card.robustness[what])
    return (
        f"- Robustness, on a sample of test rows: accuracy {number(whole)}; worst with"
        f" {worst}: {number(card.robustness[worst])}"
    )


def _pairs(values: object) -> str:
    if not isinstance(values, dict):
        return str(values)
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in values.items())


@write_answer.register
def _prediction(value: Prediction, tool: str, request: str) -> str:
    del tool, request
    reasons = [_reason(reason) for reason in value.reasons if abs(reason.effect) >= 0.005]
    why = "\n".join(reasons) if reasons else "- nothing in particular: the phase is like the others"
    guessed = ", ".join(f"`{name}`" for name in value.imputed[:8])
    more = len(value.imputed) - 8
    return "\n\n".join(
        part
        for part in (
            f"The chance of a delay is **{percent(value.probability)}** → {value.verdict}"
            f" (of all phases it has seen, {percent(value.base_rate)} were late).",
            f"What moves it from {percent(value.baseline)}, its mean for other phases:\n\n{why}",
            _flips(value),
            f"Filled with typical values because nobody gave them: {guessed}"
            f"{f' and {more} more' if more > 0 else ''}."
            if guessed
            else "",
            f"By {value.model}:{value.version} ({value.algorithm}), right in"
            f" {percent(value.accuracy)} of its test rows.",
            *value.notes,
        )
        if part
    )


def _reason(reason: PredictionReason) -> str:
    guessed = " (guessed)" if reason.imputed else ""
    return f"- `{reason.feature}` = {reason.value}{guessed}: {100 * reason.effect:+.1f} points"


def _flips(value: Prediction) -> str:
    if not value.tried:
        return ""
    if not value.flips:
        return f"Of {value.tried} other inputs that were tried, none changes the verdict."
    told = "\n".join(
        f"- `{flip.what}` = {flip.value}: {percent(flip.probability)}" for flip in value.flips
    )
    return f"What would make it {value.flips[0].verdict} (each was tried):\n\n{told}"
