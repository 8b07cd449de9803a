"""What a run of the scoring pipeline can be told, said once."""

from core.pipelines import Parameter

NAME = "delay-scoring"
DESCRIPTION = (
    "Scores a table of planned phases with a registered model: every row gets its probability of "
    "delay and a verdict; a row that cannot be scored stays in the result, with what is wrong."
)
DEFAULT_MODEL = "delay"
DEFAULT_VERSION = "champion"

DATA = Parameter(
    name="data",
    type="string",
    required=True,
    description="The table of phases, a CSV or Parquet object as bucket/key.",
    is_object=True,
)
MODEL = Parameter(
    name="model",
    type="string",
    default=DEFAULT_MODEL,
    description="The registered model; it may carry a version, as delay:3.",
)
MODEL_FILE = Parameter(
    name="model_file",
    type="string",
    default="",
    description="The model as one file, as bucket/key; found by its name where this is empty.",
    is_object=True,
)
PARAMETERS = (
    DATA,
    MODEL,
    Parameter(
        name="version",
        type="string",
        default=DEFAULT_VERSION,
        description="A number, an alias or latest.",
    ),
    MODEL_FILE,
)
