"""How much of a project's code is tested, by the names of its files."""

import re

from core.projects import Evidence, Finding
from recommender.inspection.tree import Tree

MANY = 5
"""Test files from which there are many."""
_CODE = re.compile(r"\.(?:py|js|ts|java|go|scala|r|jl|rs|cpp)$", re.I)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|spec)/.*(?<!__init__)(?<!conftest)\.(?:py|js|ts|java|go|scala|r|jl|rs|cpp)$"
    r"|(?:^|/)test_[^/]*\.py$|_test\.(?:py|go)$|\.(?:test|spec)\.[jt]s$|Test\.java$",
    re.I,
)


def tests_in(tree: Tree) -> Finding:
    """Return `none`, `some` or `many`; unknown where there is no code."""
    code = [file.path for file in tree.files if _CODE.search(file.path)]
    if not code:
        return Finding(field="tests", value="", note="There is no code.")
    tests = [path for path in code if _TEST.search(path)]
    if not tests:
        shows = f"holds {len(code)} files of code and no test"
        return Finding(
            field="tests", value="none", evidence=(Evidence(path=".", shows=shows),), places=1
        )
    return Finding(
        field="tests",
        value="many" if len(tests) >= MANY else "some",
        evidence=tuple(
            Evidence(path=path, shows="is a test") for path in sorted(tests, key=_plainly)[:3]
        ),
        places=len(tests),
    )


def _plainly(path: str) -> bool:
    """Put what is called a test before what only lies beside tests."""
    return "test" not in path.rpartition("/")[2].lower()
