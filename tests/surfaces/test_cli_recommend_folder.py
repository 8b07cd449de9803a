from pathlib import Path

import pytest
from command_line import executed, typed


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "spam"
    folder.mkdir()
    (folder / "train.py").write_text(
        "from sklearn.naive_bayes import MultinomialNB\n"
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "TfidfVectorizer()\nMultinomialNB()\n"
    )
    (folder / "app.py").write_text("import fastapi\n")
    return folder


def test_a_folder_is_read_and_what_is_said_beside_it_counts(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    done = typed(capsys, "recommend", str(project), "cloud=gcp", "--json")

    assert (done.code, done.err) == (0, "")
    profile = done.lines[0]["profile"]
    assert profile["data_types"] == ["text"]
    assert profile["existing_tools"] == ["FastAPI"]
    assert profile["cloud"] == "gcp"
    assert done.lines[0]["platform"]["choices"][0]["tool"] == "GCP"


def test_two_clouds_in_words_are_a_question_not_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "recommend", "images, on AWS and GCP")

    assert done.code == 1
    assert "aws and gcp" in done.err
    assert "cloud=none" in done.err


@pytest.mark.parametrize("kind", ["md", "html"])
def test_a_report_has_the_toolchain_and_the_platform_tables(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"report.{kind}"
    typed(
        capsys, "recommend", "images on aws", "task=<script>alert(1)</script>", f"--report={path}"
    )
    text = path.read_text("utf-8")

    for words in ("The toolchain", "Platforms: features", "gives up", "Sources of today", "AWS"):
        assert words in text
    assert "<script>" not in text
    assert text.startswith("<!doctype html>" if kind == "html" else "# A toolchain")


def test_a_report_is_never_written_over_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "report.md").write_text("mine")

    done = typed(capsys, "recommend", "images on aws", "--report=report.md")

    assert done.code == 1
    assert "nothing is overwritten" in done.err
    assert (tmp_path / "report.md").read_text() == "mine"


def test_at_most_five_questions_are_asked_and_each_can_be_skipped(tmp_path: Path) -> None:
    answers = b"azure\n\nnonsense\n\n\n\n\n"

    done = executed(tmp_path / "home", "recommend", "--ask", "--json", "images", given=answers)

    assert done.code == 0
    assert done.lines[0]["profile"]["cloud"] == "azure"
    assert done.err.count("(Enter skips)") == 5
    assert "cannot be 'nonsense'" in done.err


def test_what_was_taken_is_recorded_learned_listed_and_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorded = typed(capsys, "recommend", "--took=Prefect", "3 people, tables", "--yes", "--json")
    listed = typed(capsys, "recommend", "--corrections", "--json")
    learned = typed(capsys, "recommend", "--retrain", "--json")
    removed = typed(capsys, "recommend", "--remove=Prefect", "--yes", "--json")

    assert removed.lines[0]["tool"] == "Prefect"

    assert recorded.lines[0]["slot"] == "orchestration"
    assert recorded.lines[0]["profile"]["team_size"] == "small"
    assert listed.lines[0]["total"] == 1
    assert learned.lines[0]["slots"] == ["orchestration"]
    assert typed(capsys, "recommend", "--corrections", "--json").lines[0]["total"] == 0


def test_recording_needs_approval(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "recommend", "--took=Prefect")

    assert done.code == 1
    assert typed(capsys, "recommend", "--corrections", "--json").lines[0]["total"] == 0


def test_a_blueprint_is_written_after_approval_and_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    done = typed(capsys, "tool", "write_blueprint", "platform=airflow", "folder=af", "--yes")

    assert done.code == 0
    assert "dags/train.py" in done.out
    assert (tmp_path / "af" / "README.md").exists()


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("inspect_project", ["text", "app.py:1 imports fastapi", "unknown"]),
        ("assess_maturity", ["of 9 principles in place", "next step"]),
    ],
)
def test_a_folders_reading_is_shown_with_its_evidence(
    capsys: pytest.CaptureFixture[str], project: Path, tool: str, words: list[str]
) -> None:
    done = typed(capsys, "tool", tool, f"path={project}")

    assert (done.code, done.err) == (0, "")
    assert all(word in done.out for word in words)
