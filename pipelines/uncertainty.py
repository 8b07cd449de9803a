"""Standard errors of scores on a test part: how far they would move with other rows."""

import math


def share_error(share: float, rows: int) -> float:
    """Return the standard error of a share of rows: the square root of p(1 - p)/n (binomial)."""
    return math.sqrt(share * (1 - share) / rows)


def balanced_accuracy_error(
    confusion: tuple[tuple[int, int], tuple[int, int]],
) -> float | None:
    """Return the standard error of the mean of both recalls, each of them binomial.

    Args:
        confusion: Rows are the truth, columns the answers.

    Returns:
        The error; None where one of the classes has no row.
    """
    (right_0, wrong_0), (wrong_1, right_1) = confusion
    rows_0, rows_1 = right_0 + wrong_0, right_1 + wrong_1
    if not rows_0 or not rows_1:
        return None
    errors = (share_error(right_0 / rows_0, rows_0), share_error(right_1 / rows_1, rows_1))
    return math.hypot(*errors) / 2


def auc_error(auc: float, negatives: int, positives: int) -> float | None:
    """Return the standard error of an area under the ROC curve, after Hanley and McNeil (1982).

    Args:
        auc: The area.
        negatives: Rows of the one class.
        positives: Rows of the other.

    Returns:
        The error; None where one of the classes has no row.
    """
    if not negatives or not positives:
        return None
    both_positive, both_negative = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (positives - 1) * (both_positive - auc**2)
        + (negatives - 1) * (both_negative - auc**2)
    ) / (negatives * positives)
    return math.sqrt(max(variance, 0))
