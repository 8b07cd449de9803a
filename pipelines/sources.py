"""Pipelines in Python files: what they say without being run, and how they are compiled."""

import ast
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import RequestError, UnavailableError

COMPILER = Path(__file__).with_name("compile_file.py")
LIMIT_SECONDS = 90
LARGEST_BYTES = 5_000_000
QUOTED_CHARACTERS = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSource:
    """A pipeline function in a file, as its text shows it."""

    path: Path
    function: str
    name: str
    """What `@dsl.pipeline` says, or what KFP makes of the function's name."""
    parameters: tuple[str, ...]
    """`folds: int = 5`, as they are written."""
    calls: tuple[str, ...]
    """What the function calls, in order: its tasks, as far as a text shows them."""


def read_source(path: Path) -> PipelineSource:
    """Read a Python file with one pipeline; nothing in it is run.

    Raises:
        RequestError: It is no Python, or has no pipeline, or several.
        UnavailableError: It cannot be read.
    """
    try:
        tree = ast.parse(read_text(path), filename=path.name)
    except (SyntaxError, ValueError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise RequestError(
            f"{path.name} is not valid Python{line}: {error}.", hint="Mend it, then upload it."
        ) from error
    found = [
        (node, decorator)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if _is_pipeline(decorator)
    ]
    if len(found) != 1:
        names = ", ".join(node.name for node, _ in found) or "none"
        raise RequestError(
            f"{path.name} must have exactly one function with `@dsl.pipeline`; it has {names}.",
            hint="Keep one pipeline to a file, or compile it and upload the YAML.",
            quoted=[node.name for node, _ in found],
        )
    node, decorator = found[0]
    return PipelineSource(
        path=path,
        function=node.name,
        name=_name_in(decorator) or node.name.replace("_", "-"),
        parameters=_parameters(node),
        calls=_calls(node, tree),
    )


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        RequestError: It is too large, or no text.
        UnavailableError: It cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise RequestError(
                f"{path.name} is larger than {LARGEST_BYTES // 1_000_000} MB: no pipeline is.",
                hint="Give a compiled package or a Python file.",
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"{path.name} is not a text.", hint="Give a compiled package or a Python file."
        ) from error
    except OSError as error:
        raise UnavailableError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Is the path right?"
        ) from error


def compile_source(source: PipelineSource, variables: dict[str, str]) -> str:
    """Run a pipeline's file in a process of its own and return the compiled package.

    The process gets no variables but those, and is ended with all that it started.

    Args:
        source: The file and its pipeline.
        variables: Its environment.

    Raises:
        RequestError: The file does not compile; what it printed is quoted.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-swarm-compile-") as folder:
        package = Path(folder) / "package.yaml"
        words = [str(source.path.absolute()), source.function, str(package)]
        code, printed = _executed(
            [sys.executable, "-I", str(COMPILER), *words],
            Path(folder),
            variables,
        )
        if code != 0 or not package.is_file():
            raise RequestError(
                f"{source.path.name} does not compile.",
                hint=f"It said: {printed or 'nothing'}",
                quoted=[printed],
            )
        return package.read_text(encoding="utf-8")


def _executed(arguments: Sequence[str], folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    with (folder / "printed.txt").open("w+", encoding="utf-8", errors="replace") as printed:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise RequestError(
                f"The file did not compile within {LIMIT_SECONDS} s.",
                hint="A pipeline's file must only define it: no work at import time.",
            ) from error
        finally:
            _end(process)
        printed.seek(0)
        return code, printed.read()[-QUOTED_CHARACTERS:].strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it started."""
    # Where it has ended and nothing of it is left, there is nobody to end.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_pipeline(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(target) in {"dsl.pipeline", "kfp.dsl.pipeline", "pipeline"}


def _name_in(decorator: ast.expr) -> str:
    if not isinstance(decorator, ast.Call):
        return ""
    given = [word.value for word in decorator.keywords if word.arg == "name"]
    first = next(iter([*given, *decorator.args]), None)
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _parameters(node: ast.FunctionDef) -> tuple[str, ...]:
    every = [*node.args.posonlyargs, *node.args.args]
    defaults = [None] * (len(every) - len(node.args.defaults)) + list(node.args.defaults)
    pairs = [*zip(every, defaults, strict=True)]
    pairs += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return tuple(
        f"{ast.unparse(one)}{f' = {ast.unparse(default)}' if default is not None else ''}"
        for one, default in pairs
    )


def _calls(node: ast.FunctionDef, tree: ast.Module) -> tuple[str, ...]:
    """Return the components that a pipeline calls: decorated or imported functions."""
    known = {
        one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one is not node
    }
    for one in ast.walk(tree):
        if isinstance(one, ast.ImportFrom):
            known |= {alias.asname or alias.name for alias in one.names}
    called = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    called.sort(key=lambda one: (one.lineno, one.col_offset))
    names = [
        one.func.id for one in called if isinstance(one.func, ast.Name) and one.func.id in known
    ]
    return tuple(dict.fromkeys(names))
