"""Compares platforms: the published tables, today's facts, and what a choice gives up."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from core.errors import RequestError, UnavailableError, not_found
from core.platforms import PlatformComparison, PlatformMark, PlatformOutlook, PlatformRow
from recommender.outlooks import OUTLOOKS

PLATFORMS: Mapping[str, str] = {
    "aws": "AWS",
    "azure": "Azure",
    "gcp": "GCP",
    "kubeflow": "Kubeflow",
    "mlflow": "MLflow",
    "airflow": "Airflow",
}
"""As people write them, and as the tables do."""
_OTHER_WORDS: Mapping[str, str] = {
    "amazon": "aws",
    "sagemaker": "aws",
    "amazon sagemaker": "aws",
    "sagemaker ai": "aws",
    "azure ml": "azure",
    "azureml": "azure",
    "azure machine learning": "azure",
    "microsoft": "azure",
    "google": "gcp",
    "google cloud": "gcp",
    "vertex": "gcp",
    "vertex ai": "gcp",
    "kfp": "kubeflow",
    "kubeflow pipelines": "kubeflow",
    "ml flow": "mlflow",
    "apache airflow": "airflow",
}
ASPECTS = ("features", "use_cases", "all")
PUBLISHED_IN = (
    "tables I and II of the opportunity-cost analysis in “MLOps Without Borders: Fostering Synergy"
    " Across Data Science, Engineering, and Operations”"
)
_UNCERTAIN = (
    "In rows marked “?” the published text shows how many platforms are marked, but not which: the"
    " marks stand where they are most plausible."
)
_TODAY = (
    "Today's facts were written on the date beside them from the platforms' documentation; where a"
    " page was opened again for it, the row says so. Products change: open the page before you"
    " sign."
)


def compare(platforms: Sequence[str] = (), aspect: str = "all") -> PlatformComparison:
    """Return platforms beside one another.

    Args:
        platforms: `aws, azure, gcp, kubeflow, mlflow, airflow`, or their products; all if empty.
        aspect: `features`, `use_cases` or `all`.

    Raises:
        NotFoundError: A platform is none of the six.
        RequestError: The aspect is none of the three.
    """
    named = tuple(dict.fromkeys(platform_named(word) for word in platforms)) or tuple(
        PLATFORMS.values()
    )
    wanted = aspect.strip().casefold().replace(" ", "_").replace("-", "_") or "all"
    if wanted not in ASPECTS:
        raise RequestError(
            f"aspect cannot be {aspect!r}.", hint=f"Choose from: {', '.join(ASPECTS)}."
        )
    features = _rows("feature", named) if wanted in ("features", "all") else ()
    use_cases = _rows("use_case", named) if wanted in ("use_cases", "all") else ()
    shown = (*features, *use_cases)
    return PlatformComparison(
        platforms=named,
        features=features,
        use_cases=use_cases,
        outlooks=tuple(_outlook(platform) for platform in named),
        published_in=PUBLISHED_IN,
        notes=((_UNCERTAIN,) if any(not row.certain for row in shown) else ()) + (_TODAY,),
    )


def platform_named(word: str) -> str:
    """Return a platform by what people call it or its product.

    Raises:
        NotFoundError: It is none of the six; the hint names the closest.
    """
    plain = " ".join(word.casefold().split())
    known = _OTHER_WORDS.get(plain, plain)
    if known not in PLATFORMS:
        raise not_found("platform", word, [*PLATFORMS, *_OTHER_WORDS])
    return PLATFORMS[known]


def _outlook(platform: str) -> PlatformOutlook:
    return OUTLOOKS[platform]


def _rows(table: str, platforms: Sequence[str]) -> tuple[PlatformRow, ...]:
    today = {
        (row["row"], row["platform"]): row
        for row in _table("platforms_today.csv")
        if row["table"] == table
    }
    return tuple(
        PlatformRow(
            name=row["row"],
            certain=row["columns_certain"] == "yes",
            marks=tuple(
                _mark(platform, row[platform], today[row["row"], platform])
                for platform in platforms
            ),
        )
        for row in _table("platform_support.csv")
        if row["table"] == table
    )


def _mark(platform: str, published: str, today: Mapping[str, str]) -> PlatformMark:
    return PlatformMark(
        platform=platform,
        published=published == "1",
        today=today["supported"],
        by=today["by"],
        source=today["source"],
        date=today["date"],
        checked=today["checked"] == "yes",
    )


@cache
def _table(name: str) -> tuple[Mapping[str, str], ...]:
    """Read a table of the package.

    Raises:
        UnavailableError: It cannot be read.
    """
    try:
        text = resources.files("recommender").joinpath("data", name).read_text("utf-8")
    except OSError as error:
        raise UnavailableError(
            f"The table {name} cannot be read: {error}.", hint="Install the project again."
        ) from error
    return tuple(csv.DictReader(text.splitlines()))
