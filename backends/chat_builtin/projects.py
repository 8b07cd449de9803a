"""A project in a request's words, as the recommender asks for it."""

import re

from backends.chat_builtin.words import settings, with_digits

_TYPES = {
    "image": r"\bimages?\b|\bpictures?\b|\bphotos?\b|\bx-?rays?\b|\bcomputer vision\b|\bvision\b",
    "text": r"\btexts?\b|\bnlp\b|\bdocuments?\b|\bemails?\b|\blanguage\b|\breviews\b|\bllms?\b",
    "video": r"\bvideos?\b",
    "audio": r"\baudio\b|\bspeech\b|\bsounds?\b|\bvoice\b",
    "time-series": r"\btime[\s-]?series\b|\bsensors?\b|\bforecast|\btelemetry\b",
    "graph": r"\bgraphs? (?:data|network)|\bgraph\b|\bknowledge graph",
    "numerical": r"\btabular\b|\btables?\b|\bnumeric\w*\b|\bspreadsheets?\b|\bcsv\b|\bsql\b",
}
_STRUCTURES = {
    "semi-structured": r"\bsemi[\s-]?structured\b|\bjson\b|\bxml\b|\blogs\b",
    "unstructured": r"\bunstructured\b",
    "structured": r"(?<![-\w])structured\b|\btabular\b|\btables\b|\bspreadsheets?\b|\bsql\b",
}
_CLOUDS = {
    "on-prem": r"\bon[\s-]?prem\w*|\bown (?:\w+ )?(?:machines?|servers?|hardware"
    "|data ?cent|basement|racks?)"
    r"|machines in (?:our|the) own"
    r"|\bself[\s-]hosted\b|\bin[\s-]house servers?|\bair[\s-]gapped",
    "aws": r"\baws\b|\bamazon\b|\bsagemaker\b",
    "azure": r"\bazure\b|\bmicrosoft cloud\b",
    "gcp": r"\bgcp\b|\bgoogle cloud\b|\bvertex\b|\bgoogle\b",
    "none": r"\bno cloud preference\b|\bany cloud\b|\bcloud[\s-]agnostic\b",
}
_DEPLOYMENTS = {
    "real-time": r"\breal[\s-]?time\b|\bonline\b|\bapi\b|\blow[\s-]latency\b|\binteractive\b",
    "streaming": r"\bstream(?:ing|s)?\b|\bkafka\b",
    "edge": r"\bedge\b|\bon[\s-]device\b|\bphones?\b|\bmobile\b|\bembedded\b",
    "batch": r"\bbatch\b|\bnightly\b|\bovernight\b|\bonce (?:a|an|every|per) (?:day|week"
    "|night|month|hour)\b|\bevery night\b",
}
_FRAMEWORKS = {
    "pytorch": r"\bpy\s?torch\b|\btorch\b",
    "tensorflow": r"\btensor\s?flow\b|\bkeras\b",
    "sklearn": r"\bscikit[\s-]?learn\b|\bsklearn\b",
    "xgboost": r"\bxg\s?boost\b|\blight\s?gbm\b|\bcat\s?boost\b",
    "transformers": r"\btransformers\b|\bhugging\s?face\b",
    "spark": r"\bspark\b",
}
_TASKS = {
    "object detection": r"\bobject detection\b",
    "text generation": r"\bchat\s?bots?\b|\bllms?\b|\brag\b|\bsummari[sz]\w+"
    r"|\bquestion answering\b|\bgenerat\w+ (?:texts?|answers|images)",
    "classification": r"\bclassif\w+|\bfraud\b|\bchurn\b|\bspam\b",
    "regression": r"\bregression\b|\bprice prediction\b",
    "forecasting": r"\bforecast\w*",
    "recommendation": r"\brecommender\b|\brecommendation (?:system|engine)s?\b",
    "clustering": r"\bclustering\b|\bsegmentation of customers\b",
    "segmentation": r"\bimage segmentation\b",
    "anomaly detection": r"\banomal\w+",
}
_KNOWN_TOOLS = (
    "MLflow",
    "Kubeflow",
    "Airflow",
    "DVC",
    "Prefect",
    "Dagster",
    "ZenML",
    "Metaflow",
    "Weights & Biases",
    "wandb",
    "GitHub Actions",
    "GitLab CI",
    "Jenkins",
    "Docker",
    "Terraform",
    "FastAPI",
    "Flask",
    "BentoML",
    "KServe",
    "Seldon",
    "Feast",
    "Evidently",
    "Prometheus",
    "Grafana",
    "SageMaker",
    "Vertex AI",
    "Azure ML",
    "Streamlit",
    "Gradio",
    "TensorBoard",
    "Argo Workflows",
    "Flyte",
    "Luigi",
    "Kedro",
    "Comet",
    "ClearML",
    "Neptune",
    "Aim",
    "lakeFS",
    "Delta Lake",
    "Git LFS",
    "Ray Serve",
    "NVIDIA Triton",
    "Triton",
    "TorchServe",
    "vLLM",
    "ONNX Runtime",
    "Lambda",
    "whylogs",
    "Deepchecks",
    "NannyML",
    "Kafka",
    "Great Expectations",
    "CloudWatch",
    "Hopsworks",
    "Tecton",
    "CircleCI",
    "Azure DevOps",
    "Cloud Build",
    "CML",
    "Docker Compose",
    "Podman",
    "Kubernetes",
    "Cloud Run",
    "OpenTofu",
    "Pulumi",
    "Ansible",
    "Bicep",
    "CloudFormation",
)
_TESTED = (
    r"\b(?:have|with|has|many|some|good)\b(?:(?! (?:no|not|without|hardly)\b) \w+){0,2}"
    r" ?(?:unit |automated )?tests\b|\bpytest\b"
)
_LEVELS = {"low": "low", "tight": "low", "small": "low", "no": "low", "little": "low"} | {
    "medium": "medium",
    "moderate": "medium",
    "some": "medium",
    "high": "high",
    "strict": "high",
    "strong": "high",
    "large": "high",
    "big": "high",
    "generous": "high",
    "heavy": "high",
}


def project_in(text: str) -> dict[str, object]:
    """Return what the text says of a project, by the arguments of `recommend_toolchain`."""
    plain = with_digits(text)
    facts: dict[str, object] = {
        "data_structure": _first(_STRUCTURES, plain),
        "data_types": [name for name, pattern in _TYPES.items() if re.search(pattern, plain, re.I)],
        "task": _first(_TASKS, plain),
        "framework": _frameworks(plain),
        "team_size": _team(plain),
        "deployment": _first(_DEPLOYMENTS, plain),
        "cloud": clouds[0] if len(clouds := clouds_in(text)) == 1 else "",
        "kubernetes": _kubernetes(plain),
        "budget": _level("budget", plain) or _budget(plain),
        "governance": _level("governance", plain) or _governance(plain),
        "existing_tools": _existing(plain),
    }
    if folder := re.search(r"(?<!\w)(\.{0,2}/[\w./-]+|[\w-]+/)(?!\w)", text):
        facts["project"] = folder[1]
    facts |= {name: value for name, value in settings(text).items() if name in facts}
    return {name: value for name, value in facts.items() if value}


def clouds_in(text: str) -> list[str]:
    """Return every cloud that a text names; two of them are a question, never a guess."""
    plain = with_digits(text)
    return [name for name, pattern in _CLOUDS.items() if re.search(pattern, plain, re.I)]


def _first(patterns: dict[str, str], text: str) -> str:
    for name, pattern in patterns.items():
        if re.search(pattern, text, re.I):
            return name
    return ""


def _frameworks(text: str) -> str:
    """Return every framework that is named, the first one first: it is the main one."""
    found = {
        name: place.start()
        for name, pattern in _FRAMEWORKS.items()
        if (place := re.search(pattern, text, re.I))
    }
    return ", ".join(sorted(found, key=found.__getitem__))


def _team(text: str) -> str:
    people = (
        r"(?:people|persons?|engineers?|developers?|data scientists?|members?|devs?|of us|staff"
        r"|employees|colleagues|heads|folks|analysts?|scientists?)"
    )
    counted = re.search(
        rf"\b(?:team|department|group) of (?:about )?(\d+)|\b(\d+)\s*(?:ml |data )?{people}"
        rf"|\bwe(?:'re| are) (\d+)\b|\b(\d+)[\s-](?:person|people|man) team",
        text,
        re.I,
    )
    if counted:
        return next(group for group in counted.groups() if group)
    if re.search(
        r"\bsolo\b|\bon my own\b|\bby myself\b|\bjust me\b|\balone\b|\b1 person\b", text, re.I
    ):
        return "solo"
    if sized := re.search(
        r"\b(small|medium|large|big) (?:\w+ )?(?:team|group|company|bank)", text, re.I
    ):
        return {"big": "large"}.get(sized[1].lower(), sized[1].lower())
    return "small" if re.search(r"\bstart-?up\b", text, re.I) else ""


def _kubernetes(text: str) -> str:
    if not re.search(r"\bkubernetes\b|\bk8s\b", text, re.I):
        return ""
    near = r"(?:kubernetes|k8s)"
    if re.search(rf"{near} (?:is |are )?(?:not|no)\b", text, re.I):
        return "none"
    if re.search(
        rf"\b(?:no|nobody|none|without|avoid|not|don't|never|zero)\b[^.,;]{{0,24}}{near}",
        text,
        re.I,
    ):
        return "none"
    if re.search(
        rf"\b(?:strong|expert|good|well|deep|experienced|run)\b[^.,;]{{0,24}}{near}"
        rf"|{near}[^.,;]{{0,16}}\b(?:experts?|well|strong|skills? (?:is|are) (?:strong|good))\b",
        text,
        re.I,
    ):
        return "strong"
    return "some"


def _level(name: str, text: str) -> str:
    levels = "|".join(_LEVELS)
    found = re.search(rf"\b({levels})\s+(?:\w+\s+)?{name}\b", text, re.I) or re.search(
        rf"\b{name}\s*(?:is|:|=)?\s*({levels})\b", text, re.I
    )
    return _LEVELS[found[1].lower()] if found else ""


def _budget(text: str) -> str:
    cheap = r"\bcheap\w*|\bfree tools\b|\b(?:no|little|hardly any) money\b"
    cheap += r"|\bno budget\b|\blow[\s-]cost\b"
    cheap += r"|\bshoestring\b"
    return "low" if re.search(cheap, text, re.I) else ""


def _governance(text: str) -> str:
    strict = r"\bregulat\w+|\baudit\w*|\bcomplian\w+|\bgdpr\b|\bhipaa\b|\bbank\b|\bhospital\b"
    return "high" if re.search(strict, text, re.I) else ""


def _existing(text: str) -> list[str]:
    tested = ["pytest"] if re.search(_TESTED, text, re.I) else []
    clause = re.search(
        r"\b(?:already (?:use|have|run|on)|we use|using|currently on|have in place)\b([^.;?]*)",
        text,
        re.I,
    )
    if not clause:
        return tested
    # Who speaks of Kubernetes speaks of skill; that is a fact of its own.
    return [tool for tool in known_tools_in(clause[1]) if tool != "Kubernetes"] + tested


def known_tools_in(text: str) -> list[str]:
    """Return the tools that a text names, in the order of the text."""
    found = {
        tool: place.start()
        for tool in _KNOWN_TOOLS
        if (place := re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", text, re.I))
    }
    # Of two that begin at one place, the longer name is meant: Docker Compose, not Docker.
    return sorted(found, key=lambda tool: (found[tool], -len(tool)))
