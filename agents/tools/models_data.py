"""What the models agent can do with whole tables: score them, check them for drift."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from agents.events import Effect
from agents.toolbox import Tool
from core import clock
from core.alerts import Alert, drift_alert
from core.drift import DRIFTED_PSI, DriftReport
from core.errors import NotFoundError
from core.models import ModelVersion, ScoredTable
from core.objects import ObjectStore
from core.runs import RunBackend
from models.deployments.book import DeploymentBook
from models.registry import Registry

if TYPE_CHECKING:
    from pipelines.delay.fast import FastModel, PlainModel

DEPLOYMENTS = "deployments"
"""Stands for a bucket where what was asked of a deployment is meant."""
LONGEST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ModelDataTools:
    """Registered models and whole tables."""

    registry: Registry
    runs: RunBackend
    store: ObjectStore
    deployments: DeploymentBook
    reports: Path
    """Where pages about drift are written on this machine."""
    alert: Callable[[Alert], Sequence[str]]
    """Sends an alert to where people listen; returns why it could not, if so."""

    def score_dataset(
        self, bucket: str, key: str, model: str = "", to_key: str = ""
    ) -> ScoredTable:
        """Predict every row of a table and store the predictions beside it.

        Args:
            bucket: Where the table is: `datasets`.
            key: The table, CSV or Parquet: `planned/june_2026.csv`.
            model: A model with or without a version; the champion of `delay` if empty.
            to_key: What to call the predictions; beside the table if empty.
        """
        from pipelines.scoring.scoring import score

        self.registry.sync(self.runs)
        version = self.registry.find(model or "delay")
        card = self.registry.card(version)
        target_key = to_key or beside(key)
        with tempfile.TemporaryDirectory() as folder, self._opened(bucket, key, folder) as content:
            target = Path(folder) / f"predictions{PurePosixPath(target_key).suffix or '.csv'}"
            scored = score(content, key, target, self._scorer(version), card.typical)
            self.store.put(
                bucket, target_key, target, tags={"model": f"{version.model}-{version.version}"}
            )
        return ScoredTable(
            model=version.model,
            version=version.version,
            source=f"{bucket}/{key}",
            target=f"{bucket}/{target_key}",
            rows=scored.rows,
            scored=scored.scored,
            bad=scored.bad,
            problems=tuple(scored.problems),
            delayed=scored.delayed,
            mean_probability=scored.mean_probability,
            base_rate=card.base_rate,
            filled=scored.filled,
            seconds=scored.seconds,
        )

    def score_dataset_details(
        self, bucket: str, key: str, model: str = "", to_key: str = ""
    ) -> Mapping[str, str]:
        """Say which table is read, by which model, and what is written where."""
        self.registry.sync(self.runs)
        version = self.registry.find(model or "delay")
        table = self.store.stat(bucket, key)
        target = to_key or beside(key)
        try:
            self.store.stat(bucket, target)
            writes = f"{bucket}/{target}, which exists and is replaced"
        except NotFoundError:
            writes = f"{bucket}/{target}"
        return {
            "reads": f"{bucket}/{key} ({table.bytes:,} bytes)",
            "model": f"{version.model}:{version.version}, {version.algorithm}",
            "writes": writes,
        }

    def check_drift(self, bucket: str, key: str, model: str = "") -> DriftReport:
        """Compare a table with the data that a model learned from, and say whether it has drifted.

        Args:
            bucket: Where the table is: `datasets`; `deployments` for what a deployment was asked.
            key: The table, CSV or Parquet: `planned/june_2026.csv`; or a deployment's name.
            model: A model with or without a version; the champion of `delay` if empty.
        """
        from pipelines.drift import check
        from pipelines.drift.report import write_report

        self.registry.sync(self.runs)
        with tempfile.TemporaryDirectory() as folder:
            if bucket == DEPLOYMENTS and key in {known.name for known in self.deployments.all()}:
                deployed = self.deployments.find(key)
                version = self.registry.find(model or deployed.reference)
                recorded = self.deployments.recorded_table(key, Path(folder))
                opened: BinaryIO = recorded.open("rb")
                name = recorded.name
            else:
                version = self.registry.find(model or "delay")
                opened, name = self._open(bucket, key, folder), key
            with opened as content:
                card, scorer = self.registry.card(version), self._scorer(version)
                recent = check.read_recent(content, name, scorer, card)
        report = check.check(
            recent,
            scorer,
            card,
            self.registry.reference(version),
            source=f"{bucket}/{key}",
            threshold=DRIFTED_PSI,
        )
        report = self._alerted(replace(report, checked_at=clock.now()), check.headline(report))
        self.reports.mkdir(parents=True, exist_ok=True)
        told = re.sub(r"[^\w.-]+", "-", f"{version.model}-{version.version}-{bucket}-{key}")
        page = self.reports / f"drift-{told[-120:]}.html"
        page.write_text(write_report(report), encoding="utf-8")
        return replace(report, report=str(page))

    def _alerted(self, report: DriftReport, numbers: Mapping[str, float]) -> DriftReport:
        """Tell of drift as the checks of a schedule do, and note in the report what was told."""
        checked = f"{report.model}:{report.version}"
        alert = drift_alert(numbers, report.source, self.check_drift.__name__, checked)
        return replace(report, alerts=(alert.text, *self.alert(alert))) if alert else report

    def _scorer(self, version: ModelVersion) -> "FastModel | PlainModel":
        from pipelines.delay.bundle import scorer_of

        loaded = self.registry.load(version)
        return scorer_of(loaded.classifier, self.registry.reference(version))

    @contextmanager
    def _opened(self, bucket: str, key: str, folder: str) -> Iterator[BinaryIO]:
        with self._open(bucket, key, folder) as content:
            yield content

    def _open(self, bucket: str, key: str, folder: str) -> BinaryIO:
        content = self.store.open(bucket, key)
        if content.seekable():
            return content
        # Parquet is read from its end; a stream from a server has none that can be reached.
        content.close()
        return self.store.download(bucket, key, Path(folder) / "table").open("rb")

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(
                self.score_dataset,
                Effect.WRITES,
                details=self.score_dataset_details,
                seconds=LONGEST_SECONDS,
            ),
            Tool(self.check_drift, seconds=LONGEST_SECONDS),
        )


def beside(key: str) -> str:
    """Return what predictions are called beside their table: `june.csv` → `june.scored.csv`."""
    path = PurePosixPath(key)
    ending = path.suffix if path.suffix.casefold() in {".csv", ".parquet", ".pq"} else ".csv"
    return str(path.with_name(f"{path.stem}.scored{ending}"))
