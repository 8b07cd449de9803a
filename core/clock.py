"""What time it is; an evaluation can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_held: ContextVar[datetime | None] = ContextVar("held_clock", default=None)


def now() -> datetime:
    """Return the present instant, in UTC."""
    return _held.get() or datetime.now(UTC)


@contextmanager
def held(instant: datetime) -> Iterator[None]:
    """Hold the clock still, for the code inside and all that it calls."""
    token = _held.set(instant)
    try:
        yield
    finally:
        _held.reset(token)
