"""Writes an evaluation as one HTML page that needs nothing else."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from pipelines.delay.evaluation import Evaluation

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #d5dbe2; padding: .3rem .7rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; margin: 1rem 0; }
.gate { border-left: .4rem solid #b8485f; padding: .2rem 1rem; background: #faf3f4; }
.passed { border-color: #3a9d6b; background: #f1f8f4; }
"""
SOURCE = (
    "Where the table is datasets/schedule_management.csv: NYC Open Data, data set 2xh6-psuq, "
    "School Construction Authority; combined and modified. The city gives no warranty."
)


def write_report(evaluation: Evaluation, plots: Mapping[str, Path]) -> str:
    """Return the report with its plots inside it."""
    best = evaluation.scores()
    gate = evaluation.gate
    sections = [
        "<h1>Will a construction phase be late?</h1>",
        f"<p>{escape(evaluation.verdict)}</p>",
        f"<p>{escape(evaluation.why)}</p>",
        f'<div class="gate{" passed" if gate.passed else ""}"><h2>'
        f"{'May be registered' if gate.passed else 'Not to be registered'}</h2>"
        f"{_list(gate.reasons)}</div>",
        "<h2>What to keep in mind</h2>" if evaluation.notes else "",
        _list(evaluation.notes),
        "<h2>The models</h2>",
        _models(evaluation),
        "<h2>Without a model</h2>",
        _table(
            ("rule", "test accuracy"),
            [(scores.rule, f"{scores.accuracy:.3f}") for scores in evaluation.baselines.values()],
        ),
        _subgroups(evaluation),
        f"<h2>{escape(best.name)} by outcome</h2>",
        _table(
            ("outcome", "precision", "recall", "F1", "rows"),
            [
                (name, f"{row.precision:.3f}", f"{row.recall:.3f}", f"{row.f1:.3f}", str(row.rows))
                for name, row in best.classes.items()
            ],
        ),
        "<h2>Plots</h2>",
        *(_picture(name, path) for name, path in plots.items()),
        "<h2>Data and split</h2>",
        _facts(evaluation),
        f"<p><small>{SOURCE}</small></p>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>delay-prediction: {escape(best.name)}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )


def _models(evaluation: Evaluation) -> str:
    noise = set(evaluation.within_noise)
    rows = [
        (
            f"{model.name}{' (winner)' if model.name == evaluation.winner else ''}"
            f"{' (within noise)' if model.name in noise else ''}",
            f"{model.cv_accuracy:.3f} ± {model.cv_deviation:.3f}",
            f"{model.accuracy:.3f} ± {model.accuracy_error:.3f}",
            f"{model.balanced_accuracy:.3f}",
            f"{model.macro_f1:.3f}",
            f"{model.roc_auc:.3f}",
            ", ".join(f"{name}={value}" for name, value in model.parameters.items()),
            f"{model.seconds:.1f}",
        )
        for model in evaluation.models
    ]
    header = (
        "model",
        "cross-validation",
        "test accuracy",
        "balanced accuracy",
        "macro F1",
        "ROC AUC",
        "best parameters",
        "seconds",
    )
    return _table(header, rows)


def _subgroups(evaluation: Evaluation) -> str:
    if not evaluation.subgroups:
        return ""
    rows = [
        (
            name,
            str(scores.rows),
            f"{scores.delayed_share:.1%}",
            f"{scores.accuracy:.3f}",
            f"{scores.balanced_accuracy:.3f}",
            "one outcome only" if scores.roc_auc is None else f"{scores.roc_auc:.3f}",
        )
        for name, scores in evaluation.subgroups.items()
    ]
    header = ("subgroup", "rows", "delayed", "accuracy", "balanced accuracy", "ROC AUC")
    return f"<h2>{escape(evaluation.winner)} by subgroup</h2>{_table(header, rows)}"


def _facts(evaluation: Evaluation) -> str:
    data, split = evaluation.data, evaluation.split
    facts = [
        ("rows in the table", str(data.rows)),
        ("delayed", f"{data.delayed_share:.1%}"),
        ("first and last start", f"{data.first_start} to {data.last_start}"),
        ("SHA-256 of the file", data.sha256),
        ("split", split.kind),
        ("training and test rows", f"{split.training_rows} and {split.testing_rows}"),
        ("left out, outcome unknown at the cut", str(split.left_out_rows)),
        ("tests begin on", split.cut),
        ("seconds", f"{evaluation.seconds:.0f}"),
    ]
    return _table(("fact", "value"), [fact for fact in facts if fact[1] not in {"", " to "}])


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _list(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _picture(name: str, path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    label = escape(name.replace("_", " "))
    return f'<img alt="{label}" src="data:image/png;base64,{content}">'
