"""Compiles the pipeline of one Python file; runs alone, in a process that is thrown away.

Usage: `python -I compile_file.py FILE FUNCTION PACKAGE`.
"""

import importlib.util
import sys
from pathlib import Path


def main(file: str, function: str, package: str) -> None:
    """Import a file, which runs its code, and write its pipeline as a package."""
    from kfp import compiler

    path = Path(file)
    # Its neighbours can be imported, but take the place of nothing that is installed.
    sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location("pipeline_to_compile", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path.name} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    compiler.Compiler().compile(getattr(module, function), package)


if __name__ == "__main__":
    main(*sys.argv[1:])
