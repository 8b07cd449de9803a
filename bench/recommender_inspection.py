"""Measures how well a folder's profile is read: `python -m bench.recommender_inspection`.

The projects are small, written and labelled by hand (tests/recommender/projects.yaml); one person
wrote them and the signs, so the figures flatter. The part called fresh was written after the signs
and looked at once, when three of them were mended.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from core.projects import ProjectInspection
from recommender.inspection.project import inspect_folder

PROJECTS = Path(__file__).parents[1] / "tests" / "recommender" / "projects.yaml"
FIELDS = (
    "data_structure",
    "data_types",
    "task",
    "framework",
    "team_size",
    "deployment",
    "cloud",
    "kubernetes",
    "budget",
    "governance",
)
MANY_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A small project and what is true of it."""

    name: str
    files: Mapping[str, str]
    labels: Mapping[str, object]
    authors: Sequence[str] = ()
    part: str = "first"


def read_labelled() -> list[Labelled]:
    """Read the labelled projects."""
    rows = yaml.safe_load(PROJECTS.read_text("utf-8"))
    return [
        Labelled(
            name=row["name"],
            files=row["files"],
            labels=row["is"],
            authors=row.get("authors", ()),
            part=row.get("part", "first"),
        )
        for row in rows
    ]


def write_project(project: Labelled, folder: Path) -> Path:
    """Write a project's files, with a Git history where it has authors."""
    root = folder / project.name
    for path, text in project.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    if project.authors:
        git = ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]
        subprocess.run([*git, "init", "--quiet", str(root)], check=True)
        for author in project.authors:
            who = ["-c", f"user.name={author}", "-c", f"user.email={author.lower()}@example.org"]
            commit = ["commit", "--quiet", "--allow-empty", "-m", "work"]
            subprocess.run([*git, *who, "-C", str(root), *commit], check=True)
    return root


def verdicts(project: Labelled, found: ProjectInspection) -> Mapping[str, str]:
    """Return `right`, `wrong`, `unknown` or `rightly unknown` for every field."""
    said = {finding.field: finding.value for finding in found.findings}
    answer = {}
    for name in FIELDS:
        label = project.labels.get(name, "")
        true = set(map(str, label)) if isinstance(label, list) else {str(label)} - {""}
        guess = {value for value in said[name].split(", ") if value}
        if guess == true:
            answer[name] = "right" if true else "rightly unknown"
        else:
            answer[name] = "wrong" if guess else "unknown"
    return answer


def tools_in(found: ProjectInspection) -> set[str]:
    """Return the tools that are said to be in use."""
    return {tool.tool for tool in found.tools if not tool.declared_only}


def print_accuracy(*, show: bool) -> None:
    """Print right, wrong and unknown by field, then the tools."""
    counts: dict[str, Counter[str]] = {}
    tools: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for project in read_labelled():
            found = inspect_folder(str(write_project(project, Path(folder))))
            for name, verdict in verdicts(project, found).items():
                for key in (name, f"all fields, {project.part} part"):
                    counts.setdefault(key, Counter())[verdict] += 1
                if show and verdict in ("wrong", "unknown"):
                    said = next(item for item in found.findings if item.field == name)
                    print(f"  {project.name}: {name} {verdict}: {said.value!r} {said.note}")
            labels = project.labels["tools"]
            true, said_tools = (
                set(map(str, labels if isinstance(labels, list) else ())),
                tools_in(found),
            )
            part = tools.setdefault(project.part, Counter())
            part.update(
                right=len(true & said_tools),
                wrong=len(said_tools - true),
                missed=len(true - said_tools),
            )
            if show and true != said_tools:
                print(f"  {project.name}: tools {said_tools ^ true}")
    print(f"{'field':26}{'right':>7}{'wrong':>7}{'unknown':>9}{'rightly unknown':>17}")
    for name, count in counts.items():
        columns = [count[key] for key in ("right", "wrong", "unknown", "rightly unknown")]
        print(f"{name:26}{columns[0]:7}{columns[1]:7}{columns[2]:9}{columns[3]:17}")
    for name, count in tools.items():
        print(
            f"tools, {name} part: {count['right']} right, {count['wrong']} wrong,"
            f" {count['missed']} missed"
        )


def print_speed() -> None:
    """Print how long a folder of 10,000 files takes."""
    with tempfile.TemporaryDirectory() as folder:
        body = (
            "import os\nimport torch\nfrom sklearn.svm import SVC\n"
            + "def f(x):\n    return SVC()\n" * 40
        )
        for number in range(MANY_FILES):
            place = Path(folder) / f"part{number % 100}"
            place.mkdir(exist_ok=True)
            kind = ("py", "json", "yaml", "csv", "txt", "md", "jpg", "js", "html", "css")[
                number % 10
            ]
            text = body if kind == "py" else "a: b\n" * 200
            (place / f"file{number}.{kind}").write_text(text)
        began, worked = time.perf_counter(), time.process_time()
        found = inspect_folder(folder)
        seconds, work = time.perf_counter() - began, time.process_time() - worked
        print(
            f"\n{found.files:,} files, {found.read:,} read: {seconds:.2f} s, {work:.2f} of them"
            " at work (target: under 5)"
        )


def main() -> None:
    """Print everything; with `--show`, also every miss of the first part."""
    if os.name != "posix":
        raise SystemExit("The labelled projects need a POSIX file system.")
    print_accuracy(show="--show" in sys.argv)
    print_speed()


if __name__ == "__main__":
    main()
