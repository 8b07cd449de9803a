"""Passages in a Chroma server that a team shares."""

from functools import cached_property
from typing import TYPE_CHECKING

from backends.index_chroma import ChromaIndex
from core.errors import UnavailableError
from core.services import ChromaServer

if TYPE_CHECKING:
    from chromadb.api import ClientAPI


class ChromaServerIndex(ChromaIndex):
    """Keeps passages with their vectors in a collection of a server.

    Args:
        server: Where it is, and the collection's name.
    """

    def __init__(self, server: ChromaServer) -> None:
        self._server = server
        self.collection = server.collection

    @property
    def place(self) -> str:
        """The address at which others can read it too."""
        return f"{self._server.host}:{self._server.port}"

    @cached_property
    def _client(self) -> "ClientAPI":
        import chromadb
        from chromadb.config import Settings

        token = self._server.token.get_secret_value()
        with self._explained():
            return chromadb.HttpClient(
                host=self._server.host,
                port=self._server.port,
                ssl=self._server.ssl,
                headers={"Authorization": f"Bearer {token}"} if token else None,
                settings=Settings(anonymized_telemetry=False),
            )

    def _unusable(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"The Chroma server at {self.place} cannot be used: {error or type(error).__name__}.",
            hint="Check `index.host` and `index.port` in your settings, and that the server runs;"
            ' `index.kind = "embedded"` works without one.',
        )
