"""Where the traceback of a bug goes, so that the conversation can go on."""

import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from core.secrets import Masker

if TYPE_CHECKING:
    from core.settings import Settings


class Broke(Message):
    """A bug ended the work of a widget or a screen; the rest can go on."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def log_fault(error: BaseException, settings: "Settings | None") -> Path | None:
    """Append a traceback to the log, secrets masked; None if it cannot be written."""
    if settings is None:
        return None
    path = settings.home / "logs" / "assistant.log"
    keys = [settings.chat.api_key.get_secret_value()] if settings.chat.kind == "openai" else []
    written = Masker(keys).text("".join(traceback.format_exception(error)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {written}\n")
    except OSError:
        return None
    return path
