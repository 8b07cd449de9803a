"""Turns a validated table into what models learn from."""

import pandas as pd

from core.errors import RequestError
from pipelines.delay import schema
from pipelines.delay.phase import PhaseFeatures, phase_features

__all__ = ["PhaseFeatures", "feature_columns", "phase_features", "prepare"]


def feature_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that a model may learn from."""
    return list(schema.schema_of(table.columns).features)


def prepare(table: pd.DataFrame, *, exclude_cameras: bool = False) -> pd.DataFrame:
    """Keep the features, the label and what the split needs, and nothing else.

    Filling gaps, encoding and scaling belong to the models, where they only see training rows.

    Raises:
        RequestError: Nothing is left, or there are no cameras to leave out.
    """
    expected = schema.schema_of(table.columns)
    schema.refuse_outcomes(expected.features)
    prepared = table[[*expected.keys, *expected.dates, *expected.features]].copy()
    prepared[schema.LABEL] = (table[schema.TARGET] == schema.DELAYED).astype(int)
    if exclude_cameras:
        prepared = _without_cameras(prepared)
    return prepared.reset_index(drop=True)


def _without_cameras(prepared: pd.DataFrame) -> pd.DataFrame:
    if schema.CAMERAS not in prepared.columns:
        raise RequestError(
            f"The table has no column {schema.CAMERAS!r}, so cameras cannot be left out.",
            hint="Start without exclude_cameras.",
        )
    kept = prepared[prepared[schema.CAMERAS] != 1]
    if kept.empty or kept[schema.LABEL].nunique() < 2:
        raise RequestError(
            "Without cameras there is nothing left to tell apart.",
            hint="Start without exclude_cameras.",
        )
    return kept
