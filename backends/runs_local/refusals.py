"""What cannot run on this machine, told before anything starts."""

from collections.abc import Iterator
from functools import lru_cache

from backends.runs_local.compiled import CompiledPackage, Executor, read_compiled
from backends.runs_local.component import missing_packages, place_of_source
from backends.runs_local.conditions import check_condition
from core.errors import RequestError

REMOTE = ("s3://", "gs://", "minio://", "oci://", "http://", "https://")
"""How addresses begin that KFP's importer would take for paths of this machine."""
_NEEDED_FROM_A_CLUSTER = {
    "secretAsVolume": "secrets",
    "secretAsEnv": "secrets",
    "configMapAsVolume": "configuration maps",
    "configMapAsEnv": "configuration maps",
    "pvcMount": "volumes",
    "emptyDirMounts": "volumes",
    "genericEphemeralVolume": "volumes",
    "fieldPathAsEnv": "facts about its pod",
}


def refuse_what_cannot_run(package: str) -> None:
    """Refuse a package that would fail here, or worse: succeed with a wrong result.

    Raises:
        RequestError: It cannot run here; the message gives every reason.
    """
    reasons = _reasons(package)
    if reasons:
        raise RequestError(
            f"The pipeline cannot run on this machine: {' '.join(reasons)}",
            hint="Change it, or run it on a cluster.",
            quoted=reasons,
        )


@lru_cache(maxsize=32)
def _reasons(package: str) -> tuple[str, ...]:
    read = read_compiled(package)
    names = {
        task.component_ref.name: task.task_info.name or name
        for component in (read.root, *read.components.values())
        for name, task in (component.dag.tasks if component.dag else {}).items()
    }
    labels = {
        component.executor_label: names.get(name, name)
        for name, component in read.components.items()
        if component.executor_label
    }
    found = [
        reason
        for label, executor in read.deployment_spec.executors.items()
        for reason in _of_executor(labels.get(label, label), executor)
    ]
    return tuple(dict.fromkeys([*found, *_of_conditions(read), *_of_platforms(read)]))


def _of_executor(task: str, executor: Executor) -> Iterator[str]:
    if executor.importer is not None:
        address = executor.importer.artifact_uri.constant
        if address.startswith(REMOTE):
            yield (
                f"{task} imports {address}, which is not downloaded here; let a parameter name"
                " the object as bucket/key."
            )
        return
    command = executor.container.command if executor.container else []
    source = place_of_source(command)
    if source is None:
        yield f"{task} needs a container: only lightweight Python components run here."
        return
    missing = missing_packages(command[:source])
    if missing:
        yield f"{task} needs packages that are not installed here: {', '.join(missing)}."


def _of_conditions(read: CompiledPackage) -> Iterator[str]:
    for component in (read.root, *read.components.values()):
        for task in (component.dag.tasks if component.dag else {}).values():
            if task.trigger_policy.condition:
                try:
                    check_condition(task.trigger_policy.condition)
                except RequestError as error:
                    yield f"{error.message} {error.hint}"


def _of_platforms(read: CompiledPackage) -> Iterator[str]:
    platform = read.platforms.get("kubernetes")
    spec = platform.get("deploymentSpec") if isinstance(platform, dict) else None
    executors = spec.get("executors") if isinstance(spec, dict) else None
    for needs in executors.values() if isinstance(executors, dict) else ():
        for name in needs if isinstance(needs, dict) else ():
            if name in _NEEDED_FROM_A_CLUSTER:
                yield f"A task takes {_NEEDED_FROM_A_CLUSTER[name]} from a cluster."
