"""Runs survive the sudden end of those who work on them."""

from pathlib import Path

import pytest

from bench.run_crashes import VICTIMS, crash, together, write_package


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("seconds", [0.0, 0.6, 1.2])
def test_a_run_whose_processes_are_killed_is_never_lost(
    tmp_path: Path, victim: str, seconds: float
) -> None:
    found = crash(tmp_path / "home", write_package(tmp_path), victim, seconds)
    assert found is None or found.faults == ()


@pytest.mark.slow
def test_two_assistants_work_in_one_home_at_the_same_time(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert together(home, write_package(tmp_path), assistants=2, count=3) == []
