import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from bench.recommender_inspection import read_labelled, tools_in, verdicts, write_project
from core.errors import NotFoundError, RequestError
from core.projects import ProjectInspection
from recommender.inspection.project import inspect_folder


def project(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def value_of(found: ProjectInspection, field: str) -> str:
    return next(finding.value for finding in found.findings if finding.field == field)


def test_the_labelled_projects_are_read_as_a_person_reads_them(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    tools: Counter[str] = Counter()
    labelled = read_labelled()
    for one in labelled:
        found = inspect_folder(str(write_project(one, tmp_path)))
        counts.update(verdicts(one, found).values())
        labels = one.labels["tools"]
        assert isinstance(labels, list)
        tools.update(right=len(set(labels) & tools_in(found)))
        tools.update(wrong=len(set(labels) ^ tools_in(found)))

    assert len(labelled) >= 40
    assert counts["wrong"] <= 3
    assert counts["unknown"] <= 8
    assert tools["right"] >= 55
    assert tools["wrong"] <= 4


def test_every_known_field_names_the_places_that_show_it(tmp_path: Path) -> None:
    project(tmp_path, **{"train.py": "import os\nimport torch\n"})

    framework = next(
        item for item in inspect_folder(str(tmp_path)).findings if item.field == "framework"
    )

    assert (framework.value, framework.places) == ("pytorch", 1)
    assert str(framework.evidence[0]) == "train.py:2 imports torch"


def test_what_no_file_shows_is_unknown_with_a_reason(tmp_path: Path) -> None:
    found = inspect_folder(str(tmp_path))

    assert found.unknown == tuple(finding.field for finding in found.findings)
    assert all(finding.note for finding in found.findings)


def test_a_secret_is_neither_opened_nor_repeated(tmp_path: Path) -> None:
    secret = "AKIA" + "Z" * 16
    project(
        tmp_path,
        **{
            ".env": f"import torch\nKEY={secret}\n",
            "id_rsa": f"import torch {secret}\n",
            "prod.tfvars": f'provider "aws" {{}} {secret}\n',
            "app.py": f"import fastapi\nKEY = '{secret}'\n",
        },
    )

    found = inspect_folder(str(tmp_path))

    assert secret not in repr(found)
    assert value_of(found, "framework") == ""
    assert value_of(found, "cloud") == ""


def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    project(tmp_path / "outside", **{"secret.py": "import torch\n"})
    inside = project(tmp_path / "inside", **{"a.py": "import sklearn\n"})
    (inside / "link.py").symlink_to(tmp_path / "outside" / "secret.py")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "round").symlink_to(inside)

    found = inspect_folder(str(inside))

    assert value_of(found, "framework") == "scikit-learn"
    assert "3 links, not followed" in found.skipped


def test_huge_binary_and_broken_files_do_no_harm(tmp_path: Path) -> None:
    project(
        tmp_path,
        **{
            "huge.py": "import torch\n" * 60_000,
            "broken.py": "import torch def\n",
            "broken.ipynb": "{",
            "deep.py": "import torch\nx = " + "(" * 5_000 + ")" * 5_000 + "\n",
            "pyproject.toml": "[project\n",
            "good.py": "import sklearn\n",
        },
    )
    (tmp_path / "binary.py").write_bytes(b"import torch\0\xff")
    os.mkfifo(tmp_path / "pipe.py")

    found = inspect_folder(str(tmp_path))

    assert value_of(found, "framework") == "scikit-learn"
    assert any("large files" in note for note in found.skipped)
    assert any("binary files" in note for note in found.skipped)


def test_what_the_ignore_files_leave_out_is_left_out(tmp_path: Path) -> None:
    project(
        tmp_path,
        **{
            ".gitignore": "build/\n*.gen.py\n!kept.gen.py\n",
            "build__a.py": "import torch\n",
            "b.gen.py": "import tensorflow\n",
            "kept.gen.py": "import lightgbm\n",
            "node_modules__x.py": "import jax\n",
        },
    )

    assert value_of(inspect_folder(str(tmp_path)), "framework") == "lightgbm"


def test_nothing_in_the_project_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    root = project(
        tmp_path / "project",
        **{"setup.py": f"open({str(mark)!r}, 'w')\n", "a.py": f"open({str(mark)!r}, 'w')\n"},
    )
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, *who, "commit", "--quiet", "--allow-empty", "-m", "one"], check=True)
    for name in ("core.fsmonitor", "gpg.program", "core.pager", "diff.external"):
        subprocess.run([*git, "config", name, f"touch {mark}"], check=True)
    subprocess.run([*git, "config", "log.showSignature", "true"], check=True)

    assert value_of(inspect_folder(str(root)), "team_size") == "solo"
    assert not mark.exists()


def test_a_declared_dependency_is_no_tool_in_use(tmp_path: Path) -> None:
    project(tmp_path, **{"requirements.txt": "mlflow==2\nprefect\n"})

    found = inspect_folder(str(tmp_path))

    assert {tool.tool for tool in found.tools if tool.declared_only} == {"MLflow", "Prefect"}
    assert found.profile.existing_tools == ()


def test_two_clouds_leave_the_cloud_open_and_say_so(tmp_path: Path) -> None:
    project(tmp_path, **{"a.py": "import boto3\n", "b.py": "from google.cloud import storage\n"})

    cloud = next(item for item in inspect_folder(str(tmp_path)).findings if item.field == "cloud")

    assert cloud.value == ""
    assert cloud.note == "Both aws and gcp are used: say which one it is to be."


def test_a_folder_that_is_not_there_is_answered_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "churn-service").mkdir()

    with pytest.raises(NotFoundError, match="churn-service"):
        inspect_folder(str(tmp_path / "churn-servise"))


def test_a_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")

    with pytest.raises(RequestError, match="is a file"):
        inspect_folder(str(tmp_path / "a.py"))
