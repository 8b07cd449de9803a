"""Tables small enough to learn from in a moment."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.delay import data
from pipelines.delay.schema import DATA_FOLDER

REAL_TABLE = DATA_FOLDER / "schedule_management.csv"


@pytest.fixture(scope="session")
def real_text() -> pd.DataFrame:
    return data.read_table(REAL_TABLE)


@pytest.fixture(scope="session")
def some_phases(real_text: pd.DataFrame) -> pd.DataFrame:
    """Every sixth phase of the real table, as text."""
    return real_text.iloc[::6].reset_index(drop=True)


@pytest.fixture
def phases_file(some_phases: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "phases.csv"
    some_phases.to_csv(path, index=False)
    return path


@pytest.fixture
def simulated_file(tmp_path: Path) -> Path:
    """A hundred rows of chance, like the table of the reference study."""
    chance = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "Project Schedules": chance.integers(1, 100, 100),
            "Construction Activity Data": chance.integers(1, 100, 100),
            "Schedule Adherence": chance.choice(["Delayed", "On Time"], 100),
        }
    )
    path = tmp_path / "simulated.csv"
    table.to_csv(path, index=False)
    return path
