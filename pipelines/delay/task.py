"""What every task of the pipeline does around the science."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from pydantic import TypeAdapter

from core.errors import AssistantError

Value = TypeVar("Value")


@contextmanager
def explained() -> Iterator[None]:
    """End a task with its problem as the last line of its log, without a traceback."""
    try:
        yield
    except AssistantError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        raise SystemExit(1) from error


def say(*sentences: str) -> None:
    """Write sentences to the task's log."""
    sys.stdout.write("".join(f"{sentence}\n" for sentence in sentences))


def written(value: object) -> str:
    """Write a value as text, for an artifact's metadata, where whole numbers become floats."""
    return TypeAdapter(type(value)).dump_json(value).decode("utf-8")


def read(kind: type[Value], text: str) -> Value:
    """Read a value that `written` wrote."""
    return TypeAdapter(kind).validate_json(text)
