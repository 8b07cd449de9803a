"""Writes the compiled package of each pipeline beside its source."""

import sys
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).parent / "delay" / "package.yaml"


def compiled() -> str:
    """Return the delay pipeline as a KFP v2 package."""
    # Only the compiler needs kfp, which takes more than a second to import.
    from kfp import compiler

    from pipelines.delay.pipeline import delay_prediction

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "package.yaml"
        compiler.Compiler().compile(delay_prediction, str(path))
        return path.read_text(encoding="utf-8")


def main() -> None:
    """Write the package."""
    PACKAGE.write_text(compiled(), encoding="utf-8")
    sys.stdout.write(f"{PACKAGE.name} is up to date.\n")


if __name__ == "__main__":
    main()
