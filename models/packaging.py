"""Writes a version as one archive that runs anywhere, with nothing of this project installed."""

import hashlib
import importlib.metadata
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from core.deployments import ModelPackage
from core.errors import RequestError, UnavailableError
from core.models import TRUSTED_TYPES, ModelCard
from models.candidates import cards

NEEDED = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "typing-extensions")
BOOSTING = "xgboost-cpu"
SCRIPT = Path(__file__).with_name("portable.py")
SUFFIX = ".tar.gz"


def write_package(
    card: ModelCard, model: bytes, sources: Mapping[str, bytes], target: Path
) -> ModelPackage:
    """Write the archive.

    Args:
        card: The version's card.
        model: The model file.
        sources: Python files that derive features from a phase, by their place in the archive.
        target: The archive to write; nothing is left where it cannot be.

    Raises:
        RequestError: Something else is in its place.
        UnavailableError: It cannot be written.
    """
    if target.is_dir():
        raise RequestError(f"{target} is a folder.", hint="Give the name of a file.")
    name = f"{card.version.model}-{card.version.version}"
    files = {
        "model.skops": model,
        "card.json": cards().dump_json(card, indent=2),
        "trusted.json": json.dumps(sorted(TRUSTED_TYPES), indent=2).encode(),
        "predict.py": SCRIPT.read_bytes(),
        "requirements.txt": _requirements(card).encode(),
        "README.md": _readme(card, name).encode(),
        "example.json": b'[{"phase": "Scope", "borough": "Queens", "work_category": '
        b'"roof_envelope", "planned_duration_days": 150}]\n',
        **sources,
    }
    content = _archive(name, files)
    draft = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UnavailableError(
            f"The package {target} cannot be written: {error.strerror}.",
            hint="Give a path in a folder that you may write to.",
        ) from error
    return ModelPackage(
        model=card.version.model,
        version=card.version.version,
        path=str(target),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        files=tuple(sorted(files)),
        how=f"tar xzf {target.name} && cd {name} && pip install -r requirements.txt && "
        "python predict.py example.json",
    )


def _archive(name: str, files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    # Without times, and with the time of compression left out too: the same model, the same bytes.
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path, data in sorted(files.items()):
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    import gzip

    return gzip.compress(content.getvalue(), mtime=0)


def _requirements(card: ModelCard) -> str:
    needed = [*NEEDED, *([BOOSTING] if card.version.algorithm == "XGBoost" else [])]
    return "".join(f"{package}=={_version(card, package)}\n" for package in needed)


def _version(card: ModelCard, package: str) -> str:
    # What it was trained with; for older cards, what can load it here.
    return card.environment.get(package) or importlib.metadata.version(package)


def _readme(card: ModelCard, name: str) -> str:
    version = card.version
    scores = ", ".join(f"{key} {value:.3f}" for key, value in card.metrics.items())
    notes = "\n".join(f"- {note}" for note in card.notes)
    python = card.environment.get("python", "3.11")
    return f"""# {name}

{card.purpose}

Version {version.version} of the model `{version.model}` ({version.algorithm}), from run
`{version.run_id}`. On its test rows: {scores}.

Python {python} and the packages of `requirements.txt`; no network once they are installed.

    python -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/python predict.py example.json      # phases as JSON
    .venv/bin/python predict.py table.csv > out.csv

A phase says any of: phase, planned_duration_days, start_date, borough, district, school_level,
project_type, work_category, description, prev_phase_adherence, prev_phase_delay_days. What it does
not say is filled with typical values and named. A CSV has the columns of the training table, any of
them. `card.json` is the model card: data, scores by group, calibration, lineage.

What to keep in mind:

{notes}

The training table is data set 2xh6-psuq of NYC Open Data (School Construction Authority), combined
and modified; the city gives no warranty.
"""
