"""Everything that can be set, read once and passed as values."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.credentials import credentials_in_files, keys_in_files, keys_in_variables
from core.errors import SettingsError, closest
from core.secrets import is_credential
from core.services import (
    AlertSettings,
    BuiltinChat,
    BuiltinEmbedding,
    Chat,
    EmbeddedIndex,
    EmbeddingSettings,
    FolderSettings,
    IndexSettings,
    LocalRunsSettings,
    Part,
    RunsSettings,
    S3Settings,
    ServingSettings,
    StoreSettings,
)

SETTINGS_FILE = "mlops-swarm.toml"
PREFIX = "MLOPS_SWARM_"
PLACEHOLDERS = frozenset("ollama not-needed no-key-needed not-used unused changeme dummy".split())
"""Keys of local servers that want one and do not look at it."""


class Limits(Part):
    """What one turn may use."""

    steps: int = Field(default=25, gt=0)
    """Model calls and tool calls of one agent in one turn."""
    seconds: float = Field(default=600, gt=0)
    """How long one turn may take."""
    result_characters: int = Field(default=6000, gt=200)
    """How much of a tool's result a model is shown."""
    conversation_characters: int = Field(default=48_000, gt=2_000)
    """How long a conversation may become before its older turns are condensed."""


class Settings(BaseSettings):
    """All settings; with none given, everything works on this machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        # An empty home would be the folder that a person happens to be in.
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        toml_file=SETTINGS_FILE,
    )

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("mlops-swarm")))
    """Where runs, objects, sessions, the index and logs are kept."""
    chat: Chat = BuiltinChat()
    """The model that drives the swarm."""
    limits: Limits = Limits()
    """What one turn may use."""
    runs: RunsSettings = LocalRunsSettings()
    """Where pipelines run."""
    store: StoreSettings = FolderSettings()
    """Where objects are kept."""
    index: IndexSettings = EmbeddedIndex()
    """Where the documentation is indexed."""
    embedding: EmbeddingSettings = BuiltinEmbedding()
    """What turns texts into vectors for the index."""
    serving: ServingSettings = ServingSettings()
    """Real-time services of deployed models."""
    alerts: AlertSettings = AlertSettings()
    """Where alerts go, beside the terminal."""
    mlflow_tracking_uri: str = Field(
        default="",
        validation_alias=AliasChoices("mlflow_tracking_uri", "MLFLOW_TRACKING_URI"),
    )
    """MLflow server that every run on this machine is logged to; the variable is
    `MLFLOW_TRACKING_URI`."""
    workers: int = Field(default_factory=lambda: max(1, os.cpu_count() or 1), gt=0)
    """How many tasks of one run may work side by side."""
    licences: Literal["any", "open", "permissive"] = "any"
    """Which licences recommended tools may have: `open` source, or `permissive`: no copyleft."""
    read_only: bool = False
    """Whether tools that write or destroy are taken away."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the settings file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def read_settings(**arguments: Any) -> Settings:
    """Read the settings from arguments, environment, file and defaults, in this order.

    Raises:
        SettingsError: A setting is unknown or has an impossible value.
    """
    _check_variables()
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return _with_keys(Settings(**given))
    except ValidationError as error:
        problems = "; ".join(
            _explain(
                ".".join(str(part) for part in problem["loc"]), problem["type"], problem["msg"]
            )
            for problem in error.errors()
        )
        raise SettingsError(
            f"The settings cannot be used: {problems}.",
            hint=f"Look at {SETTINGS_FILE} and at the variables that begin with MLOPS_SWARM_.",
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"{SETTINGS_FILE} cannot be read: {error}.", hint="Mend the file or move it away."
        ) from error


def _with_keys(settings: Settings) -> Settings:
    """Put in the keys of the object store from where other programs have them, if none are set."""
    store = settings.store
    if not isinstance(store, S3Settings) or store.access_key.get_secret_value():
        return settings
    aws_file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    keys = keys_in_variables(os.environ, store.endpoint) or keys_in_files(
        store.endpoint,
        Path.home(),
        Path(aws_file) if aws_file else None,
        os.environ.get("AWS_PROFILE", ""),
    )
    if keys is None:
        return settings
    found = {
        "access_key": SecretStr(keys.access),
        "secret_key": SecretStr(keys.secret),
        "session_token": SecretStr(keys.token),
    }
    return settings.model_copy(update={"store": store.model_copy(update=found)})


def _explain(name: str, kind: str, message: str) -> str:
    if kind != "extra_forbidden":
        return f"{name}: {message}"
    near = closest(name, Settings.model_fields, limit=1)
    return f"{name} is no setting" + (f"; the closest is {near[0]}" if near else "")


def _check_variables() -> None:
    """Refuse a variable of ours that names no setting; pydantic would pass it over in silence."""
    for variable in os.environ:
        name, _, _ = variable.removeprefix(PREFIX).partition("__")
        if variable.startswith(PREFIX) and name.casefold() not in Settings.model_fields:
            near = closest(name, Settings.model_fields) or sorted(Settings.model_fields)
            raise SettingsError(
                f"The variable {variable} names no setting.",
                hint=f"The closest: {', '.join(PREFIX + field.upper() for field in near)}.",
            )


def plain_variables() -> dict[str, str]:
    """Return the variables that any program needs to start, and that hold no settings of ours."""
    return {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
        if name in os.environ
    }


def known_secrets(settings: Settings) -> Sequence[str]:
    """Return every value that is to be masked wherever it appears.

    These are the secrets among the settings, the values of environment variables that are named
    like credentials, and what the credentials files of AWS and of the MinIO client hold.
    """
    aws_file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    elsewhere = [
        *(value for name, value in os.environ.items() if is_credential(name, value)),
        *credentials_in_files(Path.home(), Path(aws_file) if aws_file else None),
    ]
    own = [secret for secret in _secrets_in(settings) if secret.casefold() not in PLACEHOLDERS]
    return [*own, *(value for value in elsewhere if _is_telling(value))]


def _secrets_in(value: object) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets_in(getattr(value, name))
        case Mapping():
            for item in value.values():
                yield from _secrets_in(item)
        case list() | tuple():
            for item in value:
                yield from _secrets_in(item)


def _is_telling(value: str) -> bool:
    """Return whether a value is a secret rather than a word, a number or the path of a file."""
    # `DB_PASSWORD=postgres` would take the word out of every text.
    ordinary = value.isalpha() and (value.islower() or value.isupper()) and len(value) < 16
    return len(value) >= 8 and not ordinary and not value.isdigit() and not Path(value).exists()
