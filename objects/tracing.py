"""Where an object comes from and what used it: joins over what runs recorded, nothing guessed."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFoundError
from core.lineage import ObjectTrace, Use
from core.objects import ObjectStore
from core.runs import Artifact, Run, RunBackend

BLOCK_BYTES = 1 << 20
MOST_USES = 50
"""How many runs that read an object are told."""


def trace(
    runs: RunBackend,
    store: ObjectStore,
    bucket: str,
    key: str,
    registered_as: Sequence[str] = (),
) -> ObjectTrace:
    """Return which run made an object from what, and which runs read it.

    An object that no run made under this name is looked for by its content: a model version's file
    is a copy of what a run made.

    Args:
        runs: Where runs are recorded.
        store: Where the object is.
        bucket: Its bucket.
        key: Its key.
        registered_as: The model versions whose file it is.

    Raises:
        NotFoundError: There is no such object.
    """
    found = store.stat(bucket, key)
    content_hash = hash_of(store, bucket, key)
    records = runs.recorded(bucket, key, content_hash)
    made_as = _made(records, bucket, key, content_hash)
    named = [one for one in records if not one.is_input and (one.bucket, one.key) == (bucket, key)]
    run = _run(runs, made_as.run_id) if made_as else None
    reads = [one for one in records if one.is_input and (one.bucket, one.key) == (bucket, key)]
    return ObjectTrace(
        object=found,
        content_hash=content_hash,
        made_as=made_as,
        run=run,
        inputs=_inputs(runs, run),
        used_by=tuple(_uses(runs, reads, content_hash)),
        registered_as=tuple(registered_as),
        changed=bool(named) and all(one.content_hash != content_hash for one in named),
    )


def hash_of(store: ObjectStore, bucket: str, key: str) -> str:
    """Return the SHA-256 of an object's content, in hexadecimal, in constant memory."""
    digest = hashlib.sha256()
    with store.open(bucket, key) as content:
        while block := content.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _made(records: Sequence[Artifact], bucket: str, key: str, content_hash: str) -> Artifact | None:
    """Return the output that this object is: of this name and content, else of this content."""
    outputs = [one for one in records if not one.is_input]
    same = [one for one in outputs if one.content_hash == content_hash]
    here = [one for one in outputs if (one.bucket, one.key) == (bucket, key)]
    # A cluster records no hashes: there the name has to do.
    unhashed = [one for one in here if not one.content_hash]
    both = [one for one in same if one in here]
    return next(iter([*both, *unhashed, *reversed(same)]), None)


def _uses(runs: RunBackend, reads: Sequence[Artifact], content_hash: str) -> Sequence[Use]:
    by_run: dict[str, Artifact] = {}
    for one in reads:
        by_run.setdefault(one.run_id, one)
    uses = []
    for run_id, read in list(by_run.items())[:MOST_USES]:
        run = _run(runs, run_id)
        if run is not None:
            same = read.content_hash in {"", content_hash}
            uses.append(Use(run=run, task=read.task, same_content=same))
    return uses


def _inputs(runs: RunBackend, run: Run | None) -> tuple[Artifact, ...]:
    if run is None:
        return ()
    return tuple(one for one in runs.artifacts(run.id) if one.is_input)


def _run(runs: RunBackend, run_id: str) -> Run | None:
    try:
        return replace(runs.get(run_id), tasks=())
    except NotFoundError:
        # In the trash, or removed for good: what it made tells its id all the same.
        return None
