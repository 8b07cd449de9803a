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
