"""Reads declared dependencies: what a project lists, which is not yet what it uses."""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping

from recommender.inspection.gathered import Gathered
from recommender.inspection.signs import Signs

PART = 0.34
"""How much of a sign's weight a bare declaration counts."""
_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints)\.(?:txt|in|pip)$", re.I
)
_REQUIREMENTS_FOLDER = re.compile(r"(?:^|/)requirements/[\w.-]+\.(?:txt|in)$", re.I)
_CONDA = re.compile(r"(?:^|/)(?:environment|conda)[\w.-]*\.ya?ml$", re.I)
_NAME = re.compile(r"^\s*(?:-\s+)?[\"']?([A-Za-z][\w.-]*)")


def is_declaration(path: str) -> bool:
    """Tell whether a file lists dependencies."""
    name = path.rpartition("/")[2]
    return name in ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile") or any(
        pattern.search(path) for pattern in (_REQUIREMENTS, _REQUIREMENTS_FOLDER, _CONDA)
    )


def read_declared(path: str, text: str, signs: Signs, gathered: Gathered) -> None:
    """Gather what the dependencies of one file show."""
    for name in dict.fromkeys(_names(path, text)):
        plain = re.sub(r"[-.]+", "_", name.lower())
        line = _line_of(text, name)
        for sign in signs.packages.get(plain, ()):
            gathered.add(sign, path, f"lists {name}", line=line, part=PART, used=False)


def _names(path: str, text: str) -> Iterator[str]:
    name = path.rpartition("/")[2]
    if name in ("pyproject.toml", "Pipfile"):
        yield from _of_toml(text)
    elif name == "setup.cfg":
        yield from _of_cfg(text)
    elif name == "setup.py":
        yield from _of_setup(text)
    else:
        for line in text.splitlines():
            found = _NAME.match(line)
            if found and not line.lstrip().startswith(("#", "name:", "channels:", "dependencies:")):
                yield found[1]


def _of_toml(text: str) -> Iterator[str]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project, poetry = _table(data, "project"), _table(data, "tool", "poetry")
    lists = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    lists += _table(data, "dependency-groups").values()
    for found in lists:
        yield from _leading(found)
    tables = [_table(poetry, "dependencies"), _table(data, "packages")]
    tables += [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    for table in tables:
        yield from table


def _table(data: object, *names: str) -> Mapping[str, object]:
    for name in names:
        data = data.get(name, {}) if isinstance(data, dict) else {}
    return data if isinstance(data, dict) else {}


def _leading(items: object) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, str) and (found := _NAME.match(item)):
            yield found[1]


def _of_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    lines = parser.get("options", "install_requires", fallback="")
    if parser.has_section("options.extras_require"):
        lines += "\n".join(value for _, value in parser.items("options.extras_require"))
    yield from _leading(lines.splitlines())


def _of_setup(text: str) -> Iterator[str]:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg in ("install_requires", "extras_require"):
            for item in ast.walk(node.value):
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield from _leading([item.value])


def _line_of(text: str, name: str) -> int:
    found = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0
