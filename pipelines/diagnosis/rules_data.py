"""Rules for faults of data and parameters, as Python, pandas and S3 stores write them."""

from core.diagnosis import Confidence
from pipelines.diagnosis.rule import Rule

_NAME = r"['\"`\[(]+(?P<what>[^'\"`\])]+)"
MEND_COLUMNS = (
    "Compare the table's columns with what the task reads (preview the object), bring the column"
    " back or name it as the task expects, then run again."
)

DATA = (
    Rule(
        kind="missing-column",
        patterns=(
            r"(?i)\b(?:no|miss(?:es|ing)?|lacks?|without)(?: the| a| an)?(?: required)?"
            rf" columns?:? {_NAME}",
            rf"(?i)columns? {_NAME}['\"`\])]+ (?:is |are )?"
            r"(?:missing|not (?:in|found)|do(?:es)? not exist)",
            rf"columns expected but not found: {_NAME}",
            rf"KeyError: .*{_NAME}.* (?:not in index|are in the \[columns\])",
            r"(?i)feature names? seen at fit time, yet now missing:?(?P<what>.*)",
            r"No match for FieldRef\.Name\((?P<what>[^)]+)\)",
            r"(?i)no such column: (?P<what>\S+)",
        ),
        cause="The table has no column {what}.",
        vague="The table lacks a column that the task needs.",
        advice=MEND_COLUMNS,
        weight=3,
    ),
    Rule(
        kind="missing-column",
        patterns=(r"KeyError: (?P<what>['\"].+['\"])",),
        context=r"pandas|DataFrame|polars|\bdf\b|read_csv|read_parquet|\btable\b|\bframe\b",
        cause="The table has no column {what}.",
        advice=MEND_COLUMNS,
        weight=3,
    ),
    Rule(
        kind="missing-parameter",
        patterns=(r"KeyError: (?P<what>['\"]\w+['\"])",),
        context=r"os\.environ\[|environ\[",
        cause="The variable {what} is not set where the task runs.",
        advice="Give the value as a parameter of the pipeline, or set the variable in the image.",
        weight=3.2,
    ),
    Rule(
        kind="missing-key",
        patterns=(r"KeyError: (?P<what>.+)",),
        cause="The task looked up {what}, and it is not there.",
        advice="See in the traceback which table or mapping was read, and what it holds instead.",
        confidence=Confidence.MEDIUM,
        weight=1,
    ),
    Rule(
        kind="wrong-type",
        patterns=(
            r"could not convert string to \w+: (?P<what>.+)",
            r"invalid literal for \w+\(\).*: (?P<what>.+)",
            r"(?i)expected series (?P<what>\S+) to have type \S+, got .+",
            r"(?i)input should be a valid (?:integer|number|string|boolean|list|dict\w*)"
            r"(?P<what>.*)",
            r"(?i)(?:parameter|argument|column|input) (?P<what>\S+) (?:must|should) be (?:an? )?"
            r"(?:integer|int|number|float|string|text|boolean|list)\b.*",
            r"unsupported operand type\(s\) for (?P<what>.+)",
            r"(?i)(?:cannot|can't|unable to) (?:cast|convert|parse) (?P<what>.+)",
            r"can only concatenate str \(not (?P<what>.+)\) to str",
            r"(?:TypeError|ValueError): .*\bdtype\b(?P<what>.*)",
        ),
        cause="A value has the wrong type: {what}.",
        vague="A value has the wrong type.",
        advice="Look at the value in the table or the parameter that the line names, correct its"
        " type where it comes from, then run again.",
        weight=2.5,
    ),
    Rule(
        kind="wrong-type",
        patterns=(r"TypeError: (?P<what>(?!.*required (?:positional|keyword)).+)",),
        cause="A value has the wrong type: {what}.",
        advice="See in the traceback which value it was, and what gave it.",
        confidence=Confidence.MEDIUM,
        weight=1,
    ),
    Rule(
        kind="wrong-values",
        patterns=(
            r"(?P<what>Input (?:X |y )?contains (?:NaN|infinity).*)",
            r"(?P<what>Found array with 0 (?:sample|feature)\(s\).*)",
            r"(?P<what>[Tt]he least populated class.*)",
            r"(?P<what>.*cannot be greater than the number of (?:samples|members).*)",
            r"(?P<what>.*[Nn]o columns to parse from file.*)",
            r"(?P<what>EmptyDataError.*|.*the table (?:is empty|has no rows).*)",
        ),
        cause="The data cannot be used as they are: {what}.",
        advice="Preview the object: rows or values are missing. Correct the data, then run again.",
        weight=2.5,
    ),
    Rule(
        kind="missing-file",
        patterns=(
            r"No such file or directory: (?P<what>.+)",
            r"(?i)can(?:not|'t) open (?:file )?(?P<what>['\"]?\S+): .*no such file.*",
            r"(?i)(?P<what>\S+): no such file or directory",
            r"(?i)no such file or directory",
            r"(?i)(?:the )?file (?P<what>\S+) (?:does not exist|was not found|is missing)",
        ),
        cause="A file is not there: {what}.",
        vague="A file that the task reads is not there.",
        advice="A task sees only its inputs, not this machine's files: hand the file over as an"
        " input (put it into a bucket and name it in a parameter), or check how the path is"
        " written.",
    ),
    Rule(
        kind="missing-object",
        patterns=(
            r"NoSuchKey(?P<what>.*)",
            r"(?i)the specified key does not exist(?P<what>.*)",
            rf"(?i)no object (?:is called )?{_NAME}.*",
            r"(?i)404.* not found.*(?P<what>s3://\S+|minio://\S+)",
        ),
        cause="An object is not in the store: {what}.",
        vague="An object that the task reads is not in the store.",
        advice="List the bucket to see how it is called now, put the object back or give its new"
        " name as the parameter, then run again.",
    ),
    Rule(
        kind="no-such-bucket",
        patterns=(
            rf"(?i)\bbucket {_NAME}['\"`\])]+ (?:does not exist|was not found|is missing)",
            rf"(?i)no (?:such )?bucket (?:is called |named )?{_NAME}",
            r"(?i)NoSuchBucket(?P<what>.*)",
            r"(?i)the specified bucket does not exist(?P<what>.*)",
        ),
        cause="There is no bucket {what}.",
        vague="The bucket does not exist.",
        advice="List the buckets to see how it is called, create it or name another one in the"
        " parameters, then run again.",
        weight=3,
    ),
    Rule(
        kind="missing-parameter",
        patterns=(
            r"missing \d+ required (?:positional|keyword-only) arguments?: (?P<what>.+)",
            r"the following arguments are required: (?P<what>.+)",
            r"(?i)(?:parameter|argument|input) (?P<what>\S+) (?:is required|is missing"
            r"|was not given|has no (?:value|default))",
            r"(?i)missing (?:a )?(?:required )?(?:parameter|input|argument):? ?(?P<what>.*)",
            r"(?i)(?:no value|cannot find|failed to resolve).* (?:for|input)? ?"
            r"(?:required )?(?:input )?parameter:? (?P<what>\S+)",
            r"Field required(?P<what>.*)",
        ),
        cause="A parameter has no value: {what}.",
        vague="A parameter that the task needs has no value.",
        advice="Describe the pipeline to see its parameters, and start the run again with a value.",
        weight=2.5,
    ),
)
