"""What a run of the drift check can be told, said once."""

from core.drift import DRIFTED_PSI
from core.errors import RequestError
from core.pipelines import Parameter
from pipelines.scoring.parameters import DATA, MODEL, MODEL_FILE

NAME = "drift-check"
DESCRIPTION = (
    "Compares recent phases with the data that a model learned from: every feature, the "
    "predictions and, once they are known, the outcomes; raises an alert where they have drifted."
)
DEFAULT_THRESHOLD = DRIFTED_PSI
PARAMETERS = (
    DATA,
    MODEL,
    Parameter(
        name="threshold",
        type="number",
        default=DEFAULT_THRESHOLD,
        description="The population stability index from which a feature has drifted, above 0.",
    ),
    MODEL_FILE,
)


def check_threshold(threshold: float) -> None:
    """Refuse a threshold that everything or nothing would pass.

    Raises:
        RequestError: It is not between 0 and 10.
    """
    if not 0 < threshold < 10:
        raise RequestError(
            f"The parameter 'threshold' cannot be {threshold:g}.",
            hint="0.1 is worth watching, 0.2 is drift; that is the usual scale.",
        )
