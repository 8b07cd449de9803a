"""The tables of a world, cut from the shipped one."""

import io
from pathlib import Path

import pandas as pd

SEED = 42
OUTCOMES = ("budget", "budget_seen_when", "actual_end_date", "status_at_last_vintage")
AFTERWARDS = ("last_vintage", "delay_days", "delay_censored", "Schedule Adherence")


def read_shipped(path: Path) -> pd.DataFrame:
    """Read the shipped table, cell by cell as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def planned(table: pd.DataFrame, rows: int, month: str) -> bytes:
    """Return phases that are planned to start in a month, without what is known only later."""
    known = table.drop(columns=[*OUTCOMES, *AFTERWARDS])
    chosen = known.sample(rows, random_state=SEED + int(month[-2:])).reset_index(drop=True)
    chosen["start_date"] = [f"{month}-{1 + number % 28:02d}" for number in chosen.index]
    return _csv(chosen)


def of_year(table: pd.DataFrame, rows: int, year: str) -> bytes:
    """Return phases that started in a year or soon after."""
    later = table[table["start_date"] >= year].sort_values("start_date")
    return _csv(later.head(rows))


def parquet(table: pd.DataFrame, rows: int) -> bytes:
    """Return the first phases as Parquet."""
    content = io.BytesIO()
    table.head(rows).to_parquet(content)
    return content.getvalue()


def exported(table: pd.DataFrame, rows: int, by: str) -> bytes:
    """Return the first phases as CSV, with a column that says who exported them."""
    first = table.head(rows).copy()
    first.insert(0, "exported_by", by)
    return _csv(first)


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()
