"""What a person says of a project, in the recommender's own words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from core.errors import RequestError, closest
from core.toolchains import ProjectProfile
from recommender.catalogue import PLATFORM, Tool, find_tools

CHOICES: Mapping[str, tuple[str, ...]] = {
    "data_structure": ("structured", "semi-structured", "unstructured"),
    "data_types": ("numerical", "text", "image", "video", "audio", "time-series", "graph"),
    "team_size": ("solo", "small", "medium", "large"),
    "deployment": ("batch", "real-time", "streaming", "edge"),
    "cloud": ("aws", "azure", "gcp", "on-prem", "none"),
    "kubernetes": ("none", "some", "strong"),
    "budget": ("low", "medium", "high"),
    "governance": ("low", "medium", "high"),
}
SKIP = "skip"
"""What stands for a fact that a person was asked for and passed over."""
LICENCES = ("any", "open", "permissive")
FACTS = (*CHOICES, "task", "framework", "existing_tools")

# Other words for the choices, written without spaces, dashes and case.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "data_structure": {
        "tabular": "structured",
        "table": "structured",
        "tables": "structured",
        "relational": "structured",
        "semi": "semi-structured",
        "mixed": "semi-structured",
        "json": "semi-structured",
        "logs": "semi-structured",
        "raw": "unstructured",
        "images": "unstructured",
        "image": "unstructured",
        "text": "unstructured",
    },
    "data_types": {
        "tabular": "numerical",
        "table": "numerical",
        "tables": "numerical",
        "numeric": "numerical",
        "numbers": "numerical",
        "number": "numerical",
        "categorical": "numerical",
        "csv": "numerical",
        "texts": "text",
        "documents": "text",
        "nlp": "text",
        "language": "text",
        "images": "image",
        "picture": "image",
        "pictures": "image",
        "photo": "image",
        "photos": "image",
        "vision": "image",
        "scans": "image",
        "videos": "video",
        "sound": "audio",
        "speech": "audio",
        "voice": "audio",
        "recordings": "audio",
        "timeseries": "time-series",
        "temporal": "time-series",
        "sensor": "time-series",
        "sensors": "time-series",
        "sensordata": "time-series",
        "graphs": "graph",
        "network": "graph",
    },
    "team_size": {
        "one": "solo",
        "alone": "solo",
        "me": "solo",
        "individual": "solo",
        "two": "small",
        "three": "small",
        "four": "small",
        "five": "small",
        "few": "small",
        "big": "large",
        "enterprise": "large",
    },
    "deployment": {
        "offline": "batch",
        "scheduled": "batch",
        "nightly": "batch",
        "online": "real-time",
        "api": "real-time",
        "rest": "real-time",
        "stream": "streaming",
        "events": "streaming",
        "device": "edge",
        "devices": "edge",
        "mobile": "edge",
        "embedded": "edge",
    },
    "cloud": {
        "amazon": "aws",
        "amazonwebservices": "aws",
        "sagemaker": "aws",
        "ec2": "aws",
        "s3": "aws",
        "microsoft": "azure",
        "azureml": "azure",
        "google": "gcp",
        "googlecloud": "gcp",
        "vertex": "gcp",
        "vertexai": "gcp",
        "bigquery": "gcp",
        "onpremises": "on-prem",
        "onpremise": "on-prem",
        "local": "on-prem",
        "nocloud": "on-prem",
        "ownservers": "on-prem",
        "ownmachines": "on-prem",
        "selfhosted": "on-prem",
        "any": "none",
        "nopreference": "none",
        "dontcare": "none",
    },
    "kubernetes": {
        "no": "none",
        "zero": "none",
        "little": "some",
        "basic": "some",
        "medium": "some",
        "yes": "strong",
        "good": "strong",
        "high": "strong",
        "expert": "strong",
    },
}
_LEVELS = {"tight": "low", "small": "low", "none": "low", "no": "low", "large": "high"}
_LEVELS |= {"strict": "high", "strong": "high", "moderate": "medium", "some": "medium"}
_TEST_RUNNERS = frozenset(
    {"pytest", "unittest", "nose", "tox", "nox", "junit", "tests", "unit tests"}
)
_NEGATIONS = {"not", "without", "never", "isn"}
# What a kind of data says of its structure, where nobody said it outright.
_STRUCTURE_OF = {
    "numerical": "structured",
    "time-series": "structured",
    "graph": "semi-structured",
    "text": "unstructured",
    "image": "unstructured",
    "video": "unstructured",
    "audio": "unstructured",
}


def read_profile(
    *,
    data_structure: str = "",
    data_types: Sequence[str] = (),
    task: str = "",
    framework: str = "",
    team_size: str | int = "",
    deployment: str = "",
    cloud: str = "",
    kubernetes: str = "",
    budget: str = "",
    governance: str = "",
    existing_tools: Sequence[str] = (),
    licences: str = "",
) -> ProjectProfile:
    """Build a profile from a person's words; a fact that is `skip` is unknown and not asked for.

    Raises:
        RequestError: A value is none of the choices, or two wishes exclude each other.
    """
    told = {
        "data_types": "".join(data_types),
        "task": task,
        "framework": framework,
        "team_size": str(team_size),
        "deployment": deployment,
        "cloud": cloud,
        "kubernetes": kubernetes,
        "budget": budget,
        "governance": governance,
    }
    types = tuple(kind for word in data_types if (kind := _choice("data_types", word)))
    types = tuple(dict.fromkeys(types))
    profile = ProjectProfile(
        data_structure=_choice("data_structure", data_structure) or structure_of(types),
        data_types=types,
        task="" if _is_skip(task) else task.strip(),
        framework="" if _is_skip(framework) else framework.strip(),
        team_size=_team(str(team_size)),
        deployment=_choice("deployment", deployment),
        cloud=_choice("cloud", cloud),
        kubernetes=_choice("kubernetes", kubernetes),
        budget=_choice("budget", budget),
        governance=_choice("governance", governance),
        existing_tools=tuple(tool.strip() for tool in existing_tools if tool.strip()),
        licences=_licences(licences),
        skipped=tuple(fact for fact, words in told.items() if _is_skip(words)),
    )
    return settled(profile)


def told_profile(facts: Mapping[str, str | Sequence[str]]) -> ProjectProfile:
    """Build a profile from facts by name.

    Raises:
        RequestError: A fact is unknown or its value is none of the choices.
    """
    unknown = [name for name in facts if name not in FACTS]
    if unknown:
        raise RequestError(
            f"A project has no fact called {unknown[0]!r}.", hint=f"There are: {', '.join(FACTS)}."
        )
    several = {
        name: _several(facts[name]) for name in ("data_types", "existing_tools") if name in facts
    }
    single = {name: str(value) for name, value in facts.items() if name not in several}
    return read_profile(**single, **several)  # type: ignore[arg-type]  # texts and lists, by their names


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def beside_folder(told: ProjectProfile, read: ProjectProfile) -> ProjectProfile:
    """Return what a folder shows, with what a person says in its place where both speak.

    Tools in use that exclude what the person says are left aside: the person knows better.
    """
    # The rules on clashes are about profiles, so they import this module.
    from recommender.clashes import refuse_clashes

    said = {field.name: value for field in fields(told) if (value := getattr(told, field.name))}
    said.pop("existing_tools", None)
    if "data_types" in said:
        # A structure that followed from the folder's kinds of data does not follow from others.
        said.setdefault("data_structure", structure_of(told.data_types))
    merged = replace(read, **said, existing_tools=told.existing_tools)
    for name in read.existing_tools:
        with_it = replace(merged, existing_tools=(*merged.existing_tools, name))
        try:
            refuse_clashes(settled(with_it))
        except RequestError:
            continue
        merged = with_it
    return settled(merged)


def structure_of(types: Sequence[str]) -> str:
    """Return the structure that kinds of data imply; empty for none."""
    structures = {_STRUCTURE_OF[kind] for kind in types}
    return structures.pop() if len(structures) == 1 else "semi-structured" if structures else ""


def settled(profile: ProjectProfile) -> ProjectProfile:
    """Return the profile with the cloud and the skill that its existing tools imply.

    Raises:
        RequestError: An existing tool cannot be where the profile says the project is.
    """
    for name in profile.existing_tools:
        if names_tests(name) and not profile.tests:
            profile = replace(profile, tests="some")
        tools = find_tools(name)
        clouds = {cloud for tool in tools for cloud in tool.clouds}
        bound = bool(tools) and all(tool.cloud_only for tool in tools)
        if bound and profile.cloud == "on-prem":
            raise RequestError(
                f"{name} runs only at its vendor, but the cloud is to be on-prem.",
                hint="Leave out one of the two: cloud 'on-prem' or the existing tool.",
            )
        if clouds and profile.cloud not in {"", "none", *clouds} and bound:
            raise RequestError(
                f"{name} runs on {' or '.join(sorted(clouds))}, but the cloud is to be "
                f"{profile.cloud}.",
                hint="Leave out one of the two: the cloud or the existing tool.",
            )
        if profile.kubernetes == "none" and tools and all(t.needs_kubernetes for t in tools):
            raise RequestError(
                f"{name} needs Kubernetes, but there is no Kubernetes skill.",
                hint="Leave out one of the two: kubernetes 'none' or the existing tool.",
            )
        if bound and len(clouds) == 1 and profile.cloud in {"", "none"}:
            profile = replace(profile, cloud=clouds.pop())
        if tools and all(tool.needs_kubernetes for tool in tools) and not profile.kubernetes:
            profile = replace(profile, kubernetes="some")
    return profile


def names_tests(name: str) -> bool:
    """Tell whether a tool in use runs tests: it has no slot, but it says something."""
    return name.strip().casefold() in _TEST_RUNNERS


def kept_tools(profile: ProjectProfile) -> dict[str, str]:
    """Return the tool that is already in use, by slot.

    A single open tool does not make a platform; a cloud's suite and Kubeflow do. Of several tools
    in one slot, the one that works with most of the others is kept, else the first.
    """
    kept: dict[str, Tool] = {}
    together = {tool.name for name in profile.existing_tools for tool in find_tools(name)}
    for name in profile.existing_tools:
        for tool in find_tools(name):
            if tool.slot == PLATFORM and not (tool.cloud_only or tool.needs_kubernetes):
                continue
            before = kept.setdefault(tool.slot, tool)
            # Images are built with Docker everywhere; what runs them is the choice.
            runs_them = tool.slot == "container" and tool.needs_kubernetes
            fits = len(tool.works_with & together) > len(before.works_with & together)
            if runs_them or (fits and tool.slot != "container"):
                kept[tool.slot] = tool
    return {slot: tool.name for slot, tool in kept.items()}


def _licences(words: str) -> str:
    plain = words.strip().casefold()
    if plain and plain not in LICENCES:
        raise RequestError(
            f"licences cannot be {words!r}.", hint=f"Choose from: {', '.join(LICENCES)}."
        )
    return "" if plain == "any" else plain


def _team(words: str) -> str:
    number = re.search(r"\d+", words)
    if not number:
        return _choice("team_size", words)
    people = int(number[0])
    if people < 1:
        raise RequestError("A team has at least one person.", hint="Give a number from 1 on.")
    return next(
        size
        for size, most in (("solo", 1), ("small", 5), ("medium", 20), ("large", people))
        if people <= most
    )


def _is_skip(words: str) -> bool:
    return words.strip().casefold() == SKIP


def _choice(fact: str, words: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", words.casefold())
    if not plain or plain == SKIP:
        return ""
    choices = CHOICES[fact]
    known = {re.sub(r"[^a-z0-9]", "", choice): choice for choice in choices}
    known |= _LEVELS if fact in ("budget", "governance") else _WORDS[fact]
    for choice in choices:
        known[re.sub(r"[^a-z0-9]", "", choice)] = choice
    if plain in known:
        return known[plain]
    parts = re.findall(r"[a-z0-9]+", words.casefold())
    meant = {known[part] for part in parts if part in known}
    if len(meant) == 1 and not _NEGATIONS & set(parts):
        return meant.pop()
    near = closest(words, choices, limit=1)
    nearest = f" The closest: {near[0]}." if near else ""
    raise RequestError(
        f"{fact} cannot be {words!r}.", hint=f"Choose from: {', '.join(choices)}.{nearest}"
    )
