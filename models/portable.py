"""Predicts delays with the model in this folder: `python predict.py phases.json` or `table.csv`.

It stands alone: this file is copied into every package of a model, beside the model, its card and
the sources that derive features from what is known of a phase.
"""

import csv
import importlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def load() -> Any:
    """Load the model, and only types that are known to be harmless."""
    import skops.io

    trusted = json.loads((HERE / "trusted.json").read_text("utf-8"))
    found = set(skops.io.get_untrusted_types(file=HERE / "model.skops"))
    if not found <= set(trusted):
        sys.exit(f"The model holds types that are not trusted: {sorted(found - set(trusted))}.")
    return skops.io.load(HERE / "model.skops", trusted=trusted)


def rows_of(
    model: Any, phases: list[dict[str, Any]], typical: dict[str, dict[str, Any]]
) -> tuple[Any, list[list[str]]]:
    """Return rows as the model takes them, and what was filled in for each."""
    import pandas as pd

    rows, filled = [], []
    for values in phases:
        usual = {**typical.get("", {}), **typical.get(str(values.get("phase", "")), {})}
        rows.append({name: values.get(name, usual.get(name)) for name in model.feature_names_in_})
        filled.append([name for name in model.feature_names_in_ if name not in values])
    frame = pd.DataFrame(rows, columns=list(model.feature_names_in_))
    for name in frame:
        words = isinstance(typical.get("", {}).get(str(name)), str)
        frame[name] = frame[name].astype(object) if words else pd.to_numeric(frame[name])
    return frame, filled


def read(path: Path) -> list[dict[str, Any]]:
    """Return each phase as features, with a name for its row."""
    sys.path.insert(0, str(HERE / "sources"))
    # By name: the folder with this module is there only in a package.
    phase_features = importlib.import_module("pipelines.delay.phase").phase_features
    if path.suffix == ".json":
        phases = json.loads(path.read_text("utf-8"))
        phases = phases if isinstance(phases, list) else [phases]
        return [dict(phase_features(phase).values) for phase in phases]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]


def main() -> None:
    """Print a prediction for every phase of a file."""
    if len(sys.argv) != 2:
        sys.exit("Give one file: phases as JSON, or a table as CSV.")
    path = Path(sys.argv[1])
    card = json.loads((HERE / "card.json").read_text("utf-8"))
    model = load()
    frame, filled = rows_of(model, read(path), card["typical"])
    chances = [float(chance) for chance in model.predict_proba(frame)[:, 1]]
    verdicts = ["Delayed" if chance >= 0.5 else "On Time" for chance in chances]
    if path.suffix == ".json":
        told = zip(chances, verdicts, filled, strict=True)
        answers = [{"probability": c, "verdict": v, "imputed": f} for c, v, f in told]
        sys.stdout.write(json.dumps(answers, indent=2) + "\n")
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(["row", "probability_of_delay", "verdict"])
    for number, (chance, verdict) in enumerate(zip(chances, verdicts, strict=True), start=1):
        writer.writerow([number, round(chance, 6), verdict])


if __name__ == "__main__":
    main()
