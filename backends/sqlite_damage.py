"""Telling a damaged SQLite file from one that only cannot be reached."""

import sqlite3

DAMAGED = "The file is damaged: put a copy of it back, or move it away and begin with an empty one."
"""What to do about a damaged file."""

_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_damage(error: Exception) -> bool:
    """Return whether an error says that the file itself is damaged."""
    # The lower eight bits are the code; the upper ones say where it happened.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _CODES
