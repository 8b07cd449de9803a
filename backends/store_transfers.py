"""Downloads that end as a whole file or not at all, and go on where they were broken off."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from backends.store_folder_files import explained
from core.errors import RequestError, UnavailableError
from core.objects import Progress


@dataclass(slots=True)
class PartFile:
    """What has arrived of a download so far; it is locked, so one process writes it.

    Each block is written before the next is asked for: one that waited would keep its memory, and
    the next would need pages that the processor has not seen yet, which costs more than it saves.
    """

    file: FileIO
    done: int
    size: int
    progress: Progress | None

    def write(self, block: bytes) -> None:
        """Keep the next block.

        Raises:
            OSError: The disk refuses it.
        """
        written = self.file.write(block)
        while written < len(block):
            written += self.file.write(memoryview(block)[written:])
        self.done += len(block)
        if self.progress is not None:
            self.progress(self.done, self.size)


@contextlib.contextmanager
def part_file(path: Path, content: str, size: int, progress: Progress | None) -> Iterator[PartFile]:
    """Open the part file beside a target, and rename it to the target at the end.

    A connection that broke (`UnavailableError`) leaves the part for the next attempt, as does the
    end of the process; a transfer that was stopped, or a disk that refused, leaves nothing.

    Args:
        path: The target.
        content: Names the content; a part of other content is not gone on with.
        size: Bytes of the whole.
        progress: Told how far it is.

    Raises:
        RequestError: The target is a folder, or is being written by somebody else.
        UnavailableError: The disk refuses.
    """
    path = path.expanduser().absolute()
    if path.is_dir():
        raise RequestError(f"{path} is a folder.", hint="Give the path of a file.")
    part = path.with_name(f".{path.name[:100]}.{content[:12]}.part")
    with explained_target(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(part, "ab", buffering=0, opener=_without_links)  # noqa: SIM115 - closed below
    try:
        _lock(file, path)
        _check_place(file, part, path)
        done = min(os.fstat(file.fileno()).st_size, size)
        with explained_target(path):
            file.truncate(done)
            yield PartFile(file, done, size, progress)
            os.replace(part, path)
    except UnavailableError as error:
        if isinstance(error.__cause__, OSError):
            part.unlink(missing_ok=True)
        raise
    except _BusyError:
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        with contextlib.suppress(OSError):
            file.close()


class _BusyError(RequestError):
    """Somebody else is writing the same target."""


def _lock(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _BusyError(
            f"{path} is being downloaded already.", hint="Wait for it, or choose another path."
        ) from error


def _check_place(file: FileIO, part: Path, path: Path) -> None:
    """Make sure that nobody finished, and renamed, the part between our opening and locking it."""
    try:
        if os.path.samestat(os.fstat(file.fileno()), os.lstat(part)):
            return
    except FileNotFoundError:
        pass
    raise _BusyError(f"{path} was downloaded by somebody else just now.", hint="Look at it.")


def explained_target(path: Path) -> contextlib.AbstractContextManager[None]:
    """Name a local file where its disk refuses."""
    return explained(str(path))


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o644)
