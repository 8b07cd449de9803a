"""Something that somebody should hear of: the type."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A check that found what it looks for."""

    text: str
    """What was found, in words, with the next step."""
    pipeline: str
    run_id: str = ""
    """Empty where a person checked, without a run."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What the check measured."""


def drift_alert(
    numbers: Mapping[str, float], source: object, check: str, told: str
) -> Alert | None:
    """Return the alert of a drift check; None where nothing has drifted.

    Args:
        numbers: What was measured, with `drifted_features` and `largest_psi`.
        source: The data that was checked.
        check: The pipeline or the tool that checked it.
        told: Who told it, in words.
    """
    count = int(numbers.get("drifted_features", 0))
    if not count:
        return None
    features = "1 feature has" if count == 1 else f"{count} features have"
    return Alert(
        text=f"Drift: {features} moved in {source}, the largest PSI is"
        f" {numbers.get('largest_psi', 0.0):.2f} ({told}). Its report says what to do.",
        pipeline=check,
        numbers=dict(numbers),
    )
