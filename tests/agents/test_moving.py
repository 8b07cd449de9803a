"""Transfers that are under way: what is told of them, and how they are stopped."""

import asyncio
from pathlib import Path

import pytest
from slow_store import SlowStore

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event, ToolFinished, ToolProgressed
from agents.toolbox import Toolbox
from agents.tools.object_transfers import ObjectTransferTools
from agents.tools.object_use import InUse
from backends.runs_local import LocalRuns
from models.registry import Registry

MEBIBYTE = 1 << 20
BLOCKS = 6


@pytest.fixture
def store(tmp_path: Path) -> SlowStore:
    return SlowStore(tmp_path / "objects")


@pytest.fixture
def toolbox(store: SlowStore, tmp_path: Path) -> Toolbox:
    runs = LocalRuns(home=tmp_path / "home", store=store, workers=1)
    in_use = InUse(runs, Registry(store, tmp_path / "registry.lock"))
    return Toolbox(ObjectTransferTools(store, in_use).tools())


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(BLOCKS * MEBIBYTE))
    return path


async def allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


async def test_a_transfer_tells_bytes_rate_and_what_is_left(
    toolbox: Toolbox, store: SlowStore, large: Path
) -> None:
    events: list[Event] = []
    caller = Caller(agent="minio", approve=allow, notify=events.append)
    await toolbox.call("upload_object", {"path": str(large), "bucket": "exports"}, caller)
    target = large.with_name("back.bin")
    await toolbox.call(
        "download_object", {"bucket": "exports", "key": "large.bin", "path": str(target)}, caller
    )
    assert target.read_bytes() == large.read_bytes()
    for tool in ("upload_object", "download_object"):
        told = [one for one in events if isinstance(one, ToolProgressed) and one.tool == tool]
        (finished,) = (one for one in events if isinstance(one, ToolFinished) and one.tool == tool)
        assert {one.call_id for one in told} == {finished.call_id}
        assert {one.total for one in told} == {BLOCKS * MEBIBYTE}
        moved = [one.done for one in told]
        assert moved == sorted(moved)
        assert 0 < moved[0] <= moved[-1] <= BLOCKS * MEBIBYTE
        assert all(0 < one.rate < 20 * MEBIBYTE for one in told)
        assert all((one.seconds_left or 0) < 60 for one in told)
    assert [item.key for item in store.list("exports")] == ["large.bin"]


@pytest.mark.parametrize("tool", ["upload_object", "download_object"])
async def test_a_call_that_is_given_up_stops_its_transfer_and_leaves_nothing_half(
    toolbox: Toolbox, store: SlowStore, large: Path, tmp_path: Path, tool: str
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    if tool == "download_object":
        store.put("exports", "kept.bin", large)
        arguments = {"bucket": "exports", "key": "kept.bin", "path": f"{target}/"}
    else:
        arguments = {"path": str(large), "bucket": "exports"}
    moves = asyncio.Event()

    def watch(event: Event) -> None:
        if isinstance(event, ToolProgressed):
            moves.set()

    caller = Caller(agent="minio", approve=allow, notify=watch)
    call = asyncio.create_task(toolbox.call(tool, arguments, caller))
    await asyncio.wait_for(moves.wait(), 30)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    # The thread of the transfer ends at its next step.
    await asyncio.get_running_loop().shutdown_default_executor()
    assert list(target.iterdir()) == []
    kept = [item.key for bucket in store.bucket_names() for item in store.list(bucket)]
    assert kept == (["kept.bin"] if tool == "download_object" else [])
    assert _drafts(store) == []


def _drafts(store: SlowStore) -> list[Path]:
    """Return the files of some size below the store that are no object."""
    return [
        path
        for path in (store.root / ".store").rglob("*")
        if path.is_file() and path.stat().st_size >= MEBIBYTE
    ]
