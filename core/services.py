"""The services the assistant can stand on, as they are set: one class for each choice."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Part(BaseModel):
    """A part of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BuiltinChat(Part):
    """The built-in model: no network, no key."""

    kind: Literal["builtin"] = "builtin"

    @model_validator(mode="before")
    @classmethod
    def _pass_over_the_endpoint(cls, given: Any) -> Any:
        """Let `MLOPS_SWARM_CHAT__KIND=builtin` be enough where a file names an endpoint."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if name not in _ENDPOINT}


class OpenAIChat(Part):
    """Any OpenAI-compatible endpoint."""

    kind: Literal["openai"]
    base_url: str = "https://api.openai.com/v1"
    """Address of the endpoint, with its version: `http://127.0.0.1:11434/v1`."""
    model: str
    """Name of the model at that endpoint."""
    api_key: SecretStr = SecretStr("")
    """Key for the endpoint; many local servers need none."""
    timeout_seconds: float = Field(default=60, gt=0)
    """How long one call may take."""
    retries: int = Field(default=2, ge=0)
    """How often a call that failed is tried again."""
    max_tokens: int | None = Field(default=None, gt=0)
    """How long one answer may become."""


_ENDPOINT = frozenset(OpenAIChat.model_fields) - {"kind"}

Chat = Annotated[BuiltinChat | OpenAIChat, Field(discriminator="kind")]


class LocalRunsSettings(Part):
    """Runs on this machine."""

    kind: Literal["local"] = "local"
    at_once: int = Field(default=4, gt=0)
    """How many runs may be at work; more wait for their turn."""
    ready_seconds: float = Field(default=600, ge=0)
    """How long a worker with its imports done waits for a run that was proposed; 0 for none."""


class KubeflowSettings(Part):
    """Runs on a Kubeflow Pipelines cluster."""

    kind: Literal["kubeflow"]
    host: str
    """Address of the Kubeflow Pipelines API: `https://kubeflow.example.org/pipeline`."""
    token: SecretStr = SecretStr("")
    """Bearer token, where the cluster asks for one."""
    cookies: SecretStr = SecretStr("")
    """Session cookie, where a login page stands before the cluster."""
    namespace: str = ""
    """Whose runs, on a cluster of several users."""
    verify_tls: bool = True
    """Whether the certificate of the cluster is checked."""
    ca_file: Path | None = None
    """Own certificate authority, as a PEM file."""
    pipeline_root: str = ""
    """Where runs write: `s3://artifacts` or `minio://artifacts`; the cluster's own if empty."""
    image: str = ""
    """Image of the tasks, in place of the one that their pipelines name."""
    allow_changes: bool = False
    """Whether runs may be started, stopped and deleted there; approvals are asked all the same."""
    timeout_seconds: float = Field(default=30, gt=0)
    """How long one call may take."""


class FolderSettings(Part):
    """Objects in a folder of this machine, below the home."""

    kind: Literal["folder"] = "folder"


class S3Settings(Part):
    """Objects in MinIO or any S3 endpoint."""

    kind: Literal["s3"]
    endpoint: str
    """Host and port, or an address: `127.0.0.1:9000`, `https://minio.example.org`; without
    `http://` or `https://`, TLS is spoken except with this machine."""
    access_key: SecretStr = SecretStr("")
    """Access key; from the usual AWS or MinIO variables or credentials files if empty."""
    secret_key: SecretStr = SecretStr("")
    """Secret key; as above."""
    session_token: SecretStr = SecretStr("")
    """Token of keys that last for a while; as above."""
    region: str = ""
    """Region of the buckets, where the endpoint has any."""
    ca_file: Path | None = None
    """Own certificate authority, as a PEM file."""
    verify_tls: bool = True
    """Whether the certificate of the endpoint is checked."""
    buckets: tuple[str, ...] = ()
    """The only buckets that are seen and touched; all if empty."""
    allow_writes: bool = False
    """Whether objects may be written there; approvals are asked all the same."""
    allow_deletes: bool = False
    """Whether objects may be deleted there; approvals are asked all the same."""


class EmbeddedIndex(Part):
    """Documentation in a Chroma index below the home."""

    kind: Literal["embedded"] = "embedded"


class ChromaServer(Part):
    """Documentation in a Chroma server that a team shares."""

    kind: Literal["server"]
    host: str
    """Host name or address."""
    port: int = Field(default=8000, gt=0, lt=65536)
    """Port of the server."""
    ssl: bool = False
    """Whether to speak TLS with it."""
    token: SecretStr = SecretStr("")
    """Token, where the server asks for one."""
    collection: str = "mlops-swarm"
    """The collection's name; three characters or more."""


class BuiltinEmbedding(Part):
    """The built-in embedding: no weights, no network."""

    kind: Literal["builtin"] = "builtin"


class OpenAIEmbedding(Part):
    """Any OpenAI-compatible embeddings endpoint."""

    kind: Literal["openai"]
    base_url: str = "https://api.openai.com/v1"
    """Address of the endpoint, with its version."""
    model: str
    """Name of the embedding model at that endpoint."""
    api_key: SecretStr = SecretStr("")
    """Key for the endpoint."""
    timeout_seconds: float = Field(default=30, gt=0)
    """How long one call may take."""
    retries: int = Field(default=2, ge=0)
    """How often a call that failed is tried again."""


class ServingSettings(Part):
    """Real-time services of deployed models."""

    host: str = "127.0.0.1"
    """Where a service listens; only this machine reaches the default."""
    port: int = Field(default=0, ge=0, lt=65536)
    """The port of a service; any free one if 0."""
    recorded_rows: int = Field(default=100_000, gt=0)
    """How many predictions each deployment keeps for drift checks."""
    api_key: SecretStr = SecretStr("")
    """The key of a service on a cluster; on this machine each deployment has a key of its own."""


class AlertSettings(Part):
    """Where alerts go, beside the terminal."""

    webhook: SecretStr = SecretStr("")
    """Address that is sent each alert as JSON."""
    timeout_seconds: float = Field(default=10, gt=0)
    """How long sending one may take."""


RunsSettings = Annotated[LocalRunsSettings | KubeflowSettings, Field(discriminator="kind")]
StoreSettings = Annotated[FolderSettings | S3Settings, Field(discriminator="kind")]
IndexSettings = Annotated[EmbeddedIndex | ChromaServer, Field(discriminator="kind")]
EmbeddingSettings = Annotated[BuiltinEmbedding | OpenAIEmbedding, Field(discriminator="kind")]
