"""What the code is known by that tasks may import."""

import hashlib
import importlib.util
import sysconfig
from collections.abc import Sequence
from pathlib import Path


def code_fingerprint(preload: Sequence[str]) -> str:
    """Identify the code that tasks may import, so that a change of it empties the cache.

    KFP's own key holds a component's source, not the modules that the source imports: those of
    this project are told by their content, installed packages by their versions.
    """
    installed = Path(sysconfig.get_path("purelib"))
    told = sorted(folder.name for folder in installed.glob("*.dist-info"))
    for package in sorted({name.partition(".")[0] for name in preload}):
        found = importlib.util.find_spec(package)
        for place in (found.submodule_search_locations or ()) if found else ():
            if not Path(place).is_relative_to(installed):
                told += [_identity(path) for path in sorted(Path(place).rglob("*.py"))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def _identity(path: Path) -> str:
    return f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}"
