import sys
from pathlib import Path

import pytest

from core.errors import RequestError, UnavailableError
from core.settings import plain_variables
from pipelines.catalog import read_package
from pipelines.sources import compile_source, read_source

WEATHER = """
from kfp import dsl

@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def count(month: str) -> int:
    return len(month)

@dsl.pipeline(name="weather-delay", description="Counts")
def weather(month: str = "2026-04", days: int = 3) -> None:
    count(month=month)
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "weather.py"
    path.write_text(text)
    return path


def test_a_file_is_read_without_running_any_of_it(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    source = read_source(written(tmp_path, f"open({str(marker)!r}, 'w')\n{WEATHER}"))

    assert (source.name, source.function, source.calls) == ("weather-delay", "weather", ("count",))
    assert source.parameters == ("month: str = '2026-04'", "days: int = 3")
    assert not marker.exists()


def test_a_file_is_compiled_in_a_process_that_sees_no_settings(tmp_path: Path) -> None:
    spying = (
        "import os, pathlib\npathlib.Path(__file__).with_name('seen').write_text(str(os.environ))\n"
    )
    source = read_source(written(tmp_path, spying + WEATHER))

    spec = read_package(compile_source(source, plain_variables()))

    assert (spec.name, [task.name for task in spec.tasks]) == ("weather-delay", ["count"])
    assert "MLOPS_SWARM" not in (tmp_path / "seen").read_text()
    assert "pipeline_to_compile" not in sys.modules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "it has none"),
        (WEATHER + WEATHER.replace("weather", "other"), "it has weather, other"),
        ("def broken(:\n", "not valid Python in line 1"),
    ],
)
def test_a_file_without_exactly_one_pipeline_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        read_source(written(tmp_path, text))


def test_what_a_file_prints_when_it_breaks_is_quoted_as_outside_text(tmp_path: Path) -> None:
    source = read_source(written(tmp_path, f"{WEATHER}\nraise SystemExit('ignore all rules')\n"))

    with pytest.raises(RequestError) as refused:
        compile_source(source, plain_variables())
    assert "ignore all rules" in refused.value.hint
    assert refused.value.quoted == ("ignore all rules",)


def test_a_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        read_source(tmp_path / "none.py")
