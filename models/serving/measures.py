"""What a service counts, in the words of Prometheus."""

from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from models.serving.served import Answer, Served

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Measures:
    """Counts of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "requests", "Requests by path and status.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "request_seconds", "Time to answer.", ["path"], buckets=SECONDS, registry=self._registry
        )
        self._predictions = Counter(
            "predictions", "Predicted phases by verdict.", ["verdict"], registry=self._registry
        )
        self._version = Gauge(
            "model_version", "The version that answers.", ["model"], registry=self._registry
        )

    @property
    def content_type(self) -> str:
        """The type of `text`."""
        return str(CONTENT_TYPE_LATEST)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def predicted(self, answers: Sequence[Answer]) -> None:
        """Count predictions."""
        for verdict, count in Tally(answer.verdict for answer in answers).items():
            self._predictions.labels(verdict).inc(count)

    def text(self, served: Served) -> bytes:
        """Return every count."""
        self._version.labels(served.model).set(served.version)
        return bytes(generate_latest(self._registry))
