"""What the candidates of a run say of its test rows, asked in two processes side by side."""

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.delay.comparison import Asked, importances_of
from pipelines.delay.training import load, probabilities


def ask(candidates: Mapping[str, Path], best: str, testing: Path, seed: int) -> Asked:
    """Ask every candidate for the test rows, and the best one what it leans on.

    Reading the models takes longer than asking them, and so does shuffling the features of the
    best: another process does the first while this one does the second.

    Args:
        candidates: The files of the models, by algorithm.
        best: The one that is looked at closer.
        testing: The file of the test rows.
        seed: Start of the shuffling.

    Raises:
        RequestError: A file holds types that are not trusted.
    """
    others = {name: path for name, path in candidates.items() if name != best}
    # Forked before rows are read here: a reader's threads would be missing in the other process.
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=fork) as beside:
        coming = beside.submit(_chances, others, testing) if others else None
        rows, model = pd.read_parquet(testing), load(candidates[best])
        chances = {best: probabilities(model, rows)}
        importances = importances_of(model, rows, seed)
        chances |= coming.result() if coming else {}
    return Asked(chances={name: chances[name] for name in candidates}, importances=importances)


def _chances(candidates: Mapping[str, Path], testing: Path) -> dict[str, npt.NDArray[np.float64]]:
    rows = pd.read_parquet(testing)
    return {name: probabilities(load(path), rows) for name, path in candidates.items()}
