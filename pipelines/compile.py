"""Writes the compiled package of each pipeline beside its source."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGE = FOLDER / "delay" / "package.yaml"
PACKAGES = (PACKAGE, FOLDER / "scoring" / "package.yaml", FOLDER / "drift" / "package.yaml")


def packages() -> Mapping[Path, str]:
    """Return every pipeline as a KFP v2 package, by the file that it belongs in."""
    # Only the compiler needs kfp, which takes more than a second to import.
    from kfp import compiler

    from pipelines.delay.pipeline import delay_prediction
    from pipelines.drift.pipeline import drift_check
    from pipelines.scoring.pipeline import delay_scoring

    texts = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "package.yaml"
        pipelines = (delay_prediction, delay_scoring, drift_check)
        for package, pipeline in zip(PACKAGES, pipelines, strict=True):
            compiler.Compiler().compile(pipeline, str(path))
            texts[package] = path.read_text(encoding="utf-8")
    return texts


def main() -> None:
    """Write the packages."""
    for path, text in packages().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.parent.name}/{path.name} is up to date.\n")


if __name__ == "__main__":
    main()
