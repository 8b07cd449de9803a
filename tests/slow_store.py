"""A store on a slow disk."""

import time
from collections.abc import Mapping
from pathlib import Path

from backends.store_folder import FolderStore
from core.objects import Progress, StoredObject


class SlowStore(FolderStore):
    """A folder of buckets whose disk takes long for every block of a transfer."""

    seconds_a_block = 0.15

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes | Path,
        *,
        content_type: str = "",
        tags: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> StoredObject:
        """Store an object, slowly."""
        slowly = self._slowly(progress)
        return super().put(bucket, key, data, content_type=content_type, tags=tags, progress=slowly)

    def download(self, bucket: str, key: str, path: Path, progress: Progress | None = None) -> Path:
        """Write an object to a file, slowly."""
        return super().download(bucket, key, path, self._slowly(progress))

    def _slowly(self, progress: Progress | None) -> Progress | None:
        if progress is None:
            return None

        def tell(done: int, total: int) -> None:
            time.sleep(self.seconds_a_block)
            progress(done, total)

        return tell
