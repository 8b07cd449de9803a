"""Inspects a project's folder: one pass over its files, then one profile with evidence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnavailableError
from core.projects import Evidence, ProjectInspection
from recommender.inspection.declared import is_declaration, read_declared
from recommender.inspection.gathered import Gathered, part_of
from recommender.inspection.history import people_in
from recommender.inspection.python_files import PythonReader
from recommender.inspection.settling import Settling, profile_of
from recommender.inspection.signs import Sign, Signs, load_signs
from recommender.inspection.testing import tests_in
from recommender.inspection.tree import SeenFile, Tree, is_secret, read_tree

MOST_CONFIGURATION = 1_500
README_CHARACTERS = 4_000
SNIFFED_TABLES = 5
_CONFIGURATION = re.compile(
    r"\.(?:ya?ml|tf|hcl|toml|cfg|ini|conf|sh|bicep|dockerfile|sbatch|slurm)$|(?:^|/)(?:[\w.-]*Dockerfile[\w.-]*"
    r"|Containerfile|Jenkinsfile|Makefile|\.gitattributes|Procfile)$",
    re.I,
)
_NO_SIGN_IN = re.compile(r"(?:^|/)(?:poetry\.lock|uv\.lock|package-lock\.json|pnpm-lock\.yaml)$")
_README = re.compile(r"^readme(?:\.\w+)?$", re.I)
_TEXT_COLUMN = re.compile(r"\b(?:text|review|comment|tweet|message|body|content|abstract)\b", re.I)
_TIME_COLUMN = re.compile(r"^\"?(?:date|datetime|timestamp|time|ds)\"?,", re.I)
_AUTHOR = re.compile(r"^\s*[-*]?\s*[A-Z][\w.'-]+(?: [A-Z][\w.'-]+)+", re.M)


@dataclass(slots=True)
class _Reading:
    tree: Tree
    signs: Signs
    gathered: Gathered
    configurations: int = 0
    tables: int = 0

    def whole(self) -> None:
        """Read every file once."""
        python = PythonReader(self.tree, self.signs, self.gathered)
        for file in self.tree.files:
            for sign in self.signs.of_file(file.path):
                part = part_of(file.path)
                self.gathered.add(sign, file.path, _named(sign), part=part, used=part == 1)
            if file.ending in ("py", "ipynb"):
                python.read(file)
            if is_declaration(file.path):
                read_declared(file.path, self.tree.text(file), self.signs, self.gathered)
            elif _README.match(file.path):
                self._words(file)
            elif file.ending == "csv" and self.tables < SNIFFED_TABLES:
                self._header(file)
            elif _CONFIGURATION.search(file.path) and not _NO_SIGN_IN.search(file.path):
                self._configuration(file)
        name = Path(self.tree.root).absolute().name.replace("-", " ").replace("_", " ")
        self._told_in(name, "the folder's name")

    def _configuration(self, file: SeenFile) -> None:
        if self.configurations >= MOST_CONFIGURATION:
            self.tree.left_out["configuration files beyond the limit"] += 1
            return
        self.configurations += 1
        text = self.tree.text(file)
        if not self.signs.any_text.search(text):
            return
        for pattern, sign in self.signs.texts:
            if found := pattern.search(text):
                line = text.count("\n", 0, found.start()) + 1
                part = part_of(file.path)
                self.gathered.add(
                    sign, file.path, _configured(sign), line=line, part=part, used=part == 1
                )

    def _words(self, file: SeenFile) -> None:
        text = self.tree.text(file)[:README_CHARACTERS]
        title, _, rest = text.partition("\n")
        self._told_in(title, file.path, line=1)
        for pattern, sign in self.signs.words:
            if found := pattern.search(rest):
                line = rest.count("\n", 0, found.start()) + 2
                self.gathered.add(sign, file.path, f"speaks of {sign.value}", line=line, part=0.7)

    def _told_in(self, text: str, path: str, line: int = 0) -> None:
        for pattern, sign in self.signs.words:
            if pattern.search(text):
                self.gathered.add(sign, path, f"speaks of {sign.value}", line=line)

    def _header(self, file: SeenFile) -> None:
        if is_secret(file.name):
            return
        self.tables += 1
        header = self.tree.text(file).partition("\n")[0]
        if _TEXT_COLUMN.search(header):
            self._column(file, "text", "has a column of texts")
        if _TIME_COLUMN.search(header):
            self._column(file, "time-series", "has a first column of times")

    def _column(self, file: SeenFile, kind: str, shows: str) -> None:
        sign = Sign(sign="column", fact="data_types", value=kind, weight=2.5)
        self.gathered.add(sign, f"{file.path} ", shows, line=1)


def inspect_folder(path: str) -> ProjectInspection:
    """Return a project's profile as its folder shows it; nothing in it is run or written.

    Args:
        path: The project's folder.

    Raises:
        NotFoundError: There is no such folder.
        RequestError: It is a file.
        UnavailableError: It cannot be read.
    """
    tree = read_tree(path)
    reading = _Reading(tree, load_signs(), Gathered())
    reading.whole()
    people, people_from, trouble = _people(tree)
    settling = Settling(
        reading.gathered, tests_in(tree), _own_package(tree, reading.signs), people, people_from
    )
    findings = settling.findings()
    return ProjectInspection(
        path=path,
        profile=profile_of(findings),
        findings=findings,
        tools=settling.tools(),
        files=len(tree.files),
        read=tree.read,
        skipped=(*tree.notes(), *trouble),
    )


def _own_package(tree: Tree, signs: Signs) -> str:
    """Return the known package whose source the folder itself is; empty for none."""
    name = Path(tree.root).absolute().name.lower().replace("-", "_")
    is_package = any(file.path == "__init__.py" for file in tree.files)
    return name if is_package and name in signs.packages else ""


def _people(tree: Tree) -> tuple[int, Evidence | None, tuple[str, ...]]:
    trouble: tuple[str, ...] = ()
    try:
        if people := people_in(tree.root):
            shows = f"tells of {people} {'person' if people == 1 else 'people'}"
            return people, Evidence(path=".git", shows=shows), ()
    except UnavailableError as error:
        trouble = (error.message,)
    for file in tree.files:
        if file.path.upper() in ("AUTHORS", "AUTHORS.MD", "CONTRIBUTORS.MD", "CONTRIBUTORS"):
            people = len(set(_AUTHOR.findall(tree.text(file))))
            return people, Evidence(path=file.path, shows=f"names {people} people"), trouble
    return 0, None, trouble


def _named(sign: Sign) -> str:
    words: Mapping[str, str] = {
        "tool": f"belongs to {sign.value}",
        "data_types": f"is a file of {sign.value} data",
        "framework": f"is a model of {sign.value}",
    }
    return words.get(sign.fact, f"is there ({sign.fact.replace('_', ' ')} {sign.value})")


def _configured(sign: Sign) -> str:
    if sign.fact == "tool":
        return f"configures {sign.value}"
    return f"shows {sign.fact.replace('_', ' ')} {sign.value}"
