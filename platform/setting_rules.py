"""What the values of settings must look like: pure checks, each saying what would be right."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from haoyun.platform.zones import is_zone

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MIN_SECRET = 32
_MAP_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def map_name(value: str) -> str:
    """The name of an imported map."""
    if not _MAP_NAME.fullmatch(value):
        raise ValueError("a map's name has 1 to 40 of a-z, 0-9, - and _ and starts with a letter or digit")
    return value


def postgres_url(value: SecretStr | None) -> SecretStr | None:
    """A database of PostgreSQL, or None for SQLite."""
    if value is None or not value.get_secret_value():
        return None
    if not value.get_secret_value().startswith("postgresql+psycopg://"):
        raise ValueError("must begin with postgresql+psycopg:// (leave it empty for SQLite)")
    return value


def broker_url(value: SecretStr | None) -> SecretStr | None:
    """A broker elsewhere; without TLS only on this machine."""
    if value is None or not value.get_secret_value():
        return None
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ValueError("must look like mqtt://user:password@host:1883 or mqtts://user:password@host:8883")
    if parts.scheme == "mqtt" and parts.hostname not in LOOPBACK:
        raise ValueError(f"plaintext mqtt:// may only go to this machine; use mqtts:// for {parts.hostname}")
    return value


def mail_server(value: SecretStr | None) -> SecretStr | None:
    """A server that takes mail."""
    if value is None or not value.get_secret_value():
        return None
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must look like smtps://user:password@host:465 or smtp://host:587")
    return value


def celery_transport(value: SecretStr | None) -> SecretStr | None:
    """What carries Celery's messages."""
    if value is None or not value.get_secret_value():
        return None
    if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss", "amqp", "amqps"):
        raise ValueError("must begin with redis://, rediss://, amqp:// or amqps://")
    return value


def long_secret(value: SecretStr | None) -> SecretStr | None:
    """A key that nobody guesses."""
    if value is not None and len(value.get_secret_value()) < MIN_SECRET:
        raise ValueError(f"needs at least {MIN_SECRET} random characters")
    return value


def time_zone(value: str) -> str:
    """A zone of the IANA database."""
    if not is_zone(value):
        raise ValueError(f"{value!r} is not the name of a time zone, such as Asia/Shanghai")
    return value


def comma_list(value: Any) -> Any:
    """Parts between commas."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def known_languages(value: Any) -> Any:
    """zh, en or both, the default first."""
    names = tuple(value.split(",")) if isinstance(value, str) else tuple(value)
    if not names or not set(names) <= {"zh", "en"}:
        raise ValueError("takes zh, en or both, separated by a comma")
    return names
