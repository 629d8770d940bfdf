"""Settings: read once from the environment, then passed on as values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mercat.core.errors import Invalid

PREFIX = "MERCAT_"
_FEED_PASSWORD = re.compile(PREFIX + r"FEED_(.+)_PASSWORD")


def _default_home() -> Path:
    return Path.home() / ".mercat"


@dataclass(frozen=True)
class Settings:
    """Every setting with its default. The environment name is ``MERCAT_`` and the upper-case field name."""

    home: Path = field(
        default_factory=_default_home,
        metadata={"help": "where the database and the kept files live"},
    )
    database_url: str = field(
        default="",
        metadata={"help": "SQLAlchemy URL; empty is SQLite in the home folder"},
    )
    database_pool_size: int = field(default=20, metadata={"help": "connections kept per process (not SQLite)"})
    database_pool_overflow: int = field(default=10, metadata={"help": "connections beyond the pool under load"})
    database_pool_recycle_s: int = field(default=1800, metadata={"help": "seconds after which a connection is renewed"})
    database_busy_timeout_s: int = field(default=600, metadata={"help": "seconds a SQLite writer waits for its turn"})
    database_slow_ms: int = field(
        default=1000, metadata={"help": "milliseconds from which on a statement is noted as slow; 0 notes none"}
    )
    jobs_url: str = field(
        default="",
        metadata={
            "help": "a PostgreSQL for the jobs' engine; empty: beside the database, or a file in the home folder"
        },
    )
    jobs_concurrency: int = field(default=8, metadata={"help": "jobs of one queue at once in one worker"})
    jobs_heartbeat_s: int = field(default=5, metadata={"help": "seconds between a worker's signs of life (PostgreSQL)"})
    jobs_takeover_s: int = field(
        default=30, metadata={"help": "seconds of silence after which a worker is taken for dead (PostgreSQL)"}
    )
    jobs_kept_days: int = field(default=30, metadata={"help": "days for which completed and cancelled jobs are kept"})
    currency: str = field(
        default="USD",
        metadata={"help": "the currency assumed where neither feed nor supplier says"},
    )
    log_level: str = field(
        default="WARNING",
        metadata={"help": "DEBUG, INFO, WARNING or ERROR, to standard error"},
    )
    log_json: bool = field(default=False, metadata={"help": "1 writes log lines as JSON"})
    http_allow_private: bool = field(
        default=False,
        metadata={
            "help": "1 lets feeds be fetched from private and loopback addresses, and webhooks be sent there, over http too"
        },
    )
    http_body_mb: int = field(default=10, metadata={"help": "megabytes of one request to the API"})
    http_upload_mb: int = field(default=2048, metadata={"help": "megabytes of one file sent to the API"})
    http_rate: int = field(
        default=6000, metadata={"help": "requests a minute of one user or key, unless the key says; 0 is no limit"}
    )
    http_failures: int = field(
        default=60, metadata={"help": "requests a minute with wrong credentials from one address; 0 is no limit"}
    )
    http_origins: str = field(
        default="", metadata={"help": "web origins whose pages may call the API, joined by commas; empty is none"}
    )
    feed_folders: str = field(
        default="",
        metadata={"help": "folders that feeds set up over the API may read, joined by commas; empty is none"},
    )
    trusted_proxies: str = field(
        default="", metadata={"help": "addresses of proxies whose X-Forwarded-For is believed, joined by commas"}
    )
    secret_key: str = field(
        default="",
        repr=False,
        metadata={
            "help": "the key that seals credentials, several joined by commas; empty is secret.key in the home folder",
            "is_secret": True,
        },
    )

    backup_password: str = field(
        default="",
        repr=False,
        metadata={"help": "the password of encrypted backups; keep it apart from them", "is_secret": True},
    )
    backup_s3_endpoint: str = field(
        default="", metadata={"help": "https://host:port of the server that s3:// backups go to; empty is Amazon's"}
    )
    backup_s3_region: str = field(default="", metadata={"help": "the region of that bucket; empty is us-east-1"})
    backup_s3_login: str = field(
        default="",
        repr=False,
        metadata={"help": "the access key that may write there, as id:secret", "is_secret": True},
    )
    feed_passwords: Mapping[str, str] = field(
        default_factory=dict,
        repr=False,
        metadata={"help": "the password of a feed, by its name in capitals with _ for all but letters and digits"},
    )

    @property
    def url(self) -> str:
        """The database URL, with the embedded default filled in."""
        return self.database_url or f"sqlite:///{self.home / 'mercat.db'}"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``MERCAT_*``. Raises ``Invalid`` naming the variable that is wrong or unknown."""
    environ = os.environ if environ is None else environ
    known = {PREFIX + each.name.upper(): each for each in fields(Settings)}
    given: dict[str, object] = {}
    for name, text in environ.items():
        if name.startswith(PREFIX) and name in known and text != "":
            given[known[name].name] = _parse(name, text, str(known[name].type))
    given["feed_passwords"] = {
        found[1]: text for name, text in environ.items() if (found := _FEED_PASSWORD.fullmatch(name)) and text
    }
    return Settings(**given)  # type: ignore[arg-type]  # the values were parsed by their declared types just above


def environment_with(**values: str) -> dict[str, str]:
    """This process's environment with some settings instead of its own: for a process that is to be started on them."""
    return {**os.environ, **{PREFIX + name.upper(): value for name, value in values.items()}}


def child_environment(**more: str) -> dict[str, str]:
    """The environment for a program that Mercat starts: its own, and some more."""
    return {**os.environ, **more}


def store_secrets(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Credentials given as ``MERCAT_STORE_…``, by the rest of the name in small letters."""
    environ = os.environ if environ is None else environ
    prefix = PREFIX + "STORE_"
    return {name.removeprefix(prefix).lower(): text for name, text in environ.items() if name.startswith(prefix)}


def user_password(environ: Mapping[str, str] | None = None) -> str:
    """The password of a user that is to be made or changed, as ``MERCAT_USER_PASSWORD``; empty if it is not given."""
    return (os.environ if environ is None else environ).get(PREFIX + "USER_PASSWORD", "")


def _parse(name: str, text: str, kind: str) -> object:
    if kind == "Path":
        return Path(text).expanduser()
    if kind == "bool":
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            message = f"{name} is 1 or 0, not {text!r}"
            raise Invalid(message)
        return text.lower() in {"1", "true", "yes"}
    if kind == "int":
        if not text.isdigit():
            message = f"{name} is a whole number, not {text!r}"
            raise Invalid(message)
        return int(text)
    return text


def masked_url(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))


def _is_url(name: str) -> bool:
    return name.endswith("_url")


def feed_password_variable(feed: str) -> str:
    """The variable that holds a feed's password."""
    return f"{PREFIX}FEED_{_in_capitals(feed)}_PASSWORD"


def feed_password(settings: Settings, feed: str) -> str | None:
    """The password that the environment gives for a feed."""
    return settings.feed_passwords.get(_in_capitals(feed))


def _in_capitals(feed: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", feed.upper())


def describe(settings: Settings) -> list[dict[str, str]]:
    """Each setting with its variable, value (secrets masked) and help, for ``mercat config show``."""
    rows = []
    for each in fields(Settings):
        value = getattr(settings, each.name)
        name = PREFIX + each.name.upper()
        if each.name == "feed_passwords":
            name, shown = f"{PREFIX}FEED_<NAME>_PASSWORD", ", ".join(f"{feed} ***" for feed in value)
        elif _is_url(each.name):
            shown = masked_url(settings.url if each.name == "database_url" else value)
        else:
            shown = "***" if each.metadata.get("is_secret") and value else str(value)
        rows.append(
            {
                "name": name,
                "value": shown,
                "help": str(each.metadata["help"]),
            }
        )
    return rows
