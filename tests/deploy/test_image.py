"""The image that runs the assistant and its tasks: what can be told without building it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from core.secrets import is_credential
from pipelines.compile import PACKAGES
from pipelines.delay.pipeline import IMAGE

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def copied() -> Iterator[str]:
    """Yield what the image is built from."""
    for line in DOCKERFILE.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            yield from line.split()[1:-1]


def test_everything_that_is_copied_is_there_and_let_through() -> None:
    for name in copied():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in IGNORED, name
    assert IGNORED[1] == "*"


def test_the_image_holds_the_whole_project() -> None:
    assert set(PACKAGED) <= set(copied())
    needed = {"pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
    assert needed <= set(copied())
    assert "requirements.lock" in DOCKERFILE


def containers() -> Iterator[dict[str, Any]]:
    """Yield the container of every task of the shipped pipelines."""
    for package in PACKAGES:
        read = yaml.safe_load(package.read_text(encoding="utf-8"))
        for executor in read["deploymentSpec"]["executors"].values():
            if "container" in executor:
                yield executor["container"]


def test_every_task_names_the_image_and_its_tag_is_the_projects_version() -> None:
    assert {container["image"] for container in containers()} == {IMAGE}
    assert IMAGE.partition(":")[2] == PROJECT["project"]["version"]
    assert f"--tag {IMAGE} " in DOCKERFILE


def test_what_tasks_import_of_the_project_is_in_the_image() -> None:
    source = "\n".join(text for container in containers() for text in container["command"])
    imported = set(re.findall(r"^ *(?:from|import) (\w+)", source, re.MULTILINE))
    ours = {name for name in imported if (ROOT / name).is_dir()}
    assert "pipelines" in ours
    assert ours <= set(PACKAGED)


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    users = re.findall(r"^USER (\S+)", last_stage, re.MULTILINE)
    assert users
    assert users[-1] not in {"0", "root"}
    for name, value in re.findall(r"(\w+)=(\S+)", DOCKERFILE):
        assert not is_credential(name, value), name
    assert "ARG " not in DOCKERFILE
