"""What the command costs before it does anything."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "chromadb",
    "kfp",
    "langchain",
    "langchain_core",
    "langgraph",
    "matplotlib",
    "onnxruntime",
    "openai",
    "pandas",
    "scipy",
    "sklearn",
    "textual",
    "xgboost",
}

LISTS_PIPELINES = """
import sys
from surfaces.launch import main
sys.argv = ["mlops-swarm", "tool", "list_pipelines", "--json"]
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_a_tool_call_imports_only_what_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTS_PIPELINES],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env=os.environ | {"MLOPS_SWARM_HOME": str(tmp_path)},  # noqa: TID251  # handed on, not read
        cwd=tmp_path,
    )
    assert '"name":"delay-prediction"' in done.stdout
    assert HEAVY & set(done.stderr.split()) == set()


def run(home: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command line of the shell in which `$SWARM` stands for ours."""
    ours = {
        "MLOPS_SWARM_HOME": str(home),
        "SWARM": str(Path(sys.executable).with_name("mlops-swarm")),
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | ours | variables,  # noqa: TID251  # handed on, not read
        cwd=home.parent,
    )


def test_a_terminal_that_knows_few_letters_gets_the_answer_with_marks_instead(
    tmp_path: Path,
) -> None:
    done = run(
        tmp_path / "home", "$SWARM ask 'list the runs'", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )

    assert done.returncode == 0
    assert done.stdout == "No run fits. Start one with ?run delay-prediction?.\n"


def test_without_any_input_nothing_is_approved(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "$SWARM tool start_run pipeline=delay-prediction <&-")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "start_run changes something, and nobody is at a terminal to approve it.\n"
        "With --yes changes are allowed.\n"
    )


def test_an_output_that_is_full_is_told_in_words(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "$SWARM tool list_pipelines > /dev/full")

    assert done.returncode == 1
    assert done.stderr == "The output cannot be written: its disk is full.\nMake room there.\n"


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "$SWARM tool | head -n 1")

    assert done.stdout.startswith("list_pipelines ")
    assert done.stderr == ""


def test_an_empty_home_is_no_home(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "$SWARM settings --json", MLOPS_SWARM_HOME="")

    assert '"home":"."' not in done.stdout
    assert done.returncode == 0
