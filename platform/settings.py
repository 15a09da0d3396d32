"""Every setting of an installation: one frozen, checked object.

Sources, strongest first: arguments, ``HAOYUN_*`` in the environment, an optional ``.env`` in the working folder,
the defaults below. ``HAOYUN_<NAME>_FILE`` names a file that holds the value, for secrets.
docs/reference/settings.md lists them all; a test compares.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from haoyun.maps.crs import Crs
from haoyun.platform import setting_rules
from haoyun.platform.basemap import BaseMap
from haoyun.platform.database import Databases
from haoyun.platform.figure_settings import FigureSettings

PREFIX = "HAOYUN_"
JT808_PORT = 6808  # where none is set: the standard names none


class SettingsError(ValueError):
    """A setting is wrong; the message names it, the value's rule and how to mend it."""


class Settings(FigureSettings):
    """The settings of one installation. Units are part of the names."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    data: Annotated[Path, Field(description="Folder of databases, broker store, secrets and logs.")] = Path(
        "haoyun-data"
    )
    database_url: Annotated[
        SecretStr | None,
        Field(
            description="PostgreSQL as postgresql+psycopg://user:password@host/name; empty: two SQLite files."
        ),
    ] = None
    host: Annotated[str, Field(description="Address the portal listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port of the portal; 0 takes a free one.")] = 8000
    mqtt_url: Annotated[
        SecretStr | None,
        Field(description="An MQTT broker as mqtt[s]://user:password@host:port; empty: the embedded one."),
    ] = None
    mqtt_public_url: Annotated[
        str | None,
        Field(description="The broker's address as devices reach it; empty: as the platform does."),
    ] = None
    live_port: Annotated[
        int, Field(ge=0, le=65535, description="Port of the live process; 0: there is none, pages ask.")
    ] = 8001
    live_url: Annotated[
        str,
        Field(
            description="Where browsers reach the live process, e.g. /live-stream behind a proxy; empty: its port."
        ),
    ] = ""
    live_origin: Annotated[
        str | None,
        Field(
            description="The portal's origin, which alone may read live streams; empty: any page with a ticket."
        ),
    ] = None
    gateway_mqtt_url: Annotated[
        SecretStr | None,
        Field(
            description="As HAOYUN_MQTT_URL, for the JT/T 808 gateway and the HTTP intake; empty: the same."
        ),
    ] = None
    jt808_host: Annotated[
        str, Field(description="Address the JT/T 808 gateway listens on for terminals.")
    ] = "127.0.0.1"
    jt808_port: Annotated[
        int, Field(ge=0, le=65535, description="Port of the JT/T 808 gateway; 0: `haoyun up` runs none.")
    ] = 0
    jt808_lines: Annotated[
        int, Field(ge=1, le=60_000, description="Most terminals connected to one JT/T 808 gateway.")
    ] = 10_000
    broker_port: Annotated[int, Field(ge=1, le=65535, description="Port of the embedded broker.")] = 18830
    broker_sync_s: Annotated[
        float, Field(ge=0, le=10, description="Seconds between the embedded broker's syncs; 0: every answer.")
    ] = 0.1
    shards: Annotated[
        int, Field(ge=1, le=1024, description="Number of topic shards; fixed once devices have credentials.")
    ] = 8
    intake_batch: Annotated[
        int, Field(ge=1, le=10_000, description="Messages in one intake transaction.")
    ] = 2000
    intake_wait_s: Annotated[
        float, Field(gt=0, le=10, description="Longest wait for an intake batch to fill, in seconds.")
    ] = 0.05
    keep_positions_days: Annotated[
        int,
        Field(
            ge=1,
            le=36_500,
            description="Positions older than so many days are removed; an organization may have its own rule.",
        ),
    ] = 400
    job_lease_s: Annotated[
        float, Field(ge=2, le=3600, description="A job without a heartbeat for so long is taken over.")
    ] = 30.0
    jobs_engine: Annotated[
        str,
        Field(
            pattern="^(embedded|celery)$",
            description="embedded: `haoyun worker` runs jobs; celery: it hands their ids to Celery workers.",
        ),
    ] = "embedded"
    jobs_at_once: Annotated[
        int,
        Field(
            ge=1,
            le=1024,
            description="Jobs that run side by side: in the embedded worker, or in all Celery workers together.",
        ),
    ] = 1
    round_every_min: Annotated[
        int,
        Field(
            ge=0,
            le=1440,
            description="Minutes between global rounds of the market; 0: only when the operator asks.",
        ),
    ] = 0
    celery_broker_url: Annotated[
        SecretStr | None,
        Field(description="Celery's transport: redis://host:6379/0 or amqp://user:password@host:5672//."),
    ] = None
    celery_queue: Annotated[
        str,
        Field(description="Celery's queue; installations that share a transport need names of their own."),
    ] = "haoyun-jobs"
    map: Annotated[
        str, Field(description="Road network: trunk, coquimbo, or the name of an imported map.")
    ] = "trunk"
    driving_law: Annotated[
        str,
        Field(pattern="^(auto|china|eu_561)$", description="Driving law; auto: by the map."),
    ] = "auto"
    map_style_url: Annotated[
        str, Field(description="A MapLibre style as base map of the portal; empty: the map's own tiles.")
    ] = ""
    map_raster_url: Annotated[
        str, Field(description="Raster tiles as base map, a template with {z}, {x} and {y}; empty: none.")
    ] = ""
    map_attribution: Annotated[
        str, Field(description="What is shown with another base map: maker and approval number.")
    ] = ""
    map_crs: Annotated[
        Crs, Field(description="Datum of another base map: wgs84 or gcj02; what is drawn on it is shifted.")
    ] = Crs.WGS84
    map_hosts: Annotated[
        tuple[str, ...],
        Field(description="Further origins a base map's style loads from, separated by commas."),
    ] = ()
    fence_radius_m: Annotated[
        float | None,
        Field(
            ge=50,
            le=50_000,
            description="Radius of the fence around a site; empty: 3000 on trunk, 300 on streets.",
        ),
    ] = None
    secret_key: Annotated[
        SecretStr | None,
        Field(
            description="Signs sessions, 32 characters or more; empty: generated once and kept in the data folder."
        ),
    ] = None
    https: Annotated[
        bool, Field(description="The portal is reached over HTTPS: cookies are marked Secure.")
    ] = False
    registration: Annotated[
        str, Field(pattern="^(open|invitation)$", description="Who may sign up: open or invitation.")
    ] = "open"
    unverified_may_trade: Annotated[bool, Field(description="Unverified organizations trade too.")] = False
    demo: Annotated[
        bool, Field(description="Demonstration data: shows a banner; refuses to listen beyond loopback.")
    ] = False
    company_prefix: Annotated[
        str,
        Field(
            pattern=r"^\d{6,12}$",
            description="GS1 company prefix for SSCCs; 952… is GS1's for demonstrations.",
        ),
    ] = "9521234"
    languages: Annotated[
        tuple[str, ...], Field(description="Languages of the portal, the default first.")
    ] = ("zh", "en")
    time_zone: Annotated[
        str, Field(description="Time zone of pages, e-mails, chat messages and files (IANA name).")
    ] = "Asia/Shanghai"
    webhooks_private: Annotated[
        bool, Field(description="EPCIS subscriptions and alerts may post to addresses of the own network.")
    ] = False
    smtp_url: Annotated[
        SecretStr | None,
        Field(
            description="Mail server for alerts: smtp[s]://user:password@host:port; empty: no mail is sent."
        ),
    ] = None
    mail_from: Annotated[str, Field(description="Sender of e-mails.")] = "haoyun@localhost"
    query_limit_s: Annotated[
        float, Field(gt=0, le=600, description="An EPCIS query that runs longer is ended, in seconds.")
    ] = 10.0
    threads: Annotated[int, Field(ge=1, le=256, description="Threads of the portal.")] = 16
    log_format: Annotated[str, Field(pattern="^(text|json)$", description="text or json.")] = "text"

    _map = field_validator("map")(setting_rules.map_name)
    _database = field_validator("database_url")(setting_rules.postgres_url)
    _brokers = field_validator("mqtt_url", "gateway_mqtt_url")(setting_rules.broker_url)
    _mail = field_validator("smtp_url")(setting_rules.mail_server)
    _celery = field_validator("celery_broker_url")(setting_rules.celery_transport)
    _key = field_validator("secret_key")(setting_rules.long_secret)
    _zone = field_validator("time_zone")(setting_rules.time_zone)
    _hosts = field_validator("map_hosts", mode="before")(setting_rules.comma_list)
    _languages = field_validator("languages", mode="before")(setting_rules.known_languages)

    @model_validator(mode="after")
    def _celery_has_a_transport(self) -> Settings:
        if self.jobs_engine == "celery" and self.celery_broker_url is None:
            raise ValueError("HAOYUN_JOBS_ENGINE=celery needs HAOYUN_CELERY_BROKER_URL")
        return self

    @model_validator(mode="after")
    def _base_map_is_whole(self) -> Settings:
        _ = self.base_map  # checks itself
        return self

    @model_validator(mode="after")
    def _demo_stays_here(self) -> Settings:
        if self.demo and self.host not in setting_rules.LOOPBACK:
            raise ValueError("the demonstration listens on loopback only: its passwords are printed")
        return self

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """The settings of this process; `overrides` win over environment, `.env` and defaults.

        Raises SettingsError that names each wrong setting and its rule.
        """
        values: dict[str, Any] = {**_from(_dotenv(Path(".env"))), **_from(os.environ)}
        values.update({name: value for name, value in overrides.items() if value is not None})
        unknown = sorted(set(values) - set(cls.model_fields))
        if unknown:
            names = ", ".join(PREFIX + name.upper() for name in unknown)
            raise SettingsError(f"unknown setting {names}; `haoyun config show` lists the known ones")
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError("; ".join(_sentences(error))) from None

    def databases(self) -> Databases:
        """Open the databases of this installation."""
        return Databases.open(self.data, self.database_url.get_secret_value() if self.database_url else None)

    @property
    def maps_folder(self) -> Path:
        """Where imported maps are cached."""
        return self.data / "maps"

    @property
    def base_map(self) -> BaseMap:
        """What lies below everything that the portal draws."""
        return BaseMap(
            self.map_style_url, self.map_raster_url, self.map_attribution, self.map_crs, self.map_hosts
        )

    @property
    def fence_m(self) -> float:
        """Radius of the fence around a site in metres: wide on the schematic network, narrow on streets."""
        return (
            self.fence_radius_m
            if self.fence_radius_m is not None
            else (3000.0 if self.map == "trunk" else 300.0)
        )

    def live_address(self, portal_host: str, scheme: str) -> str | None:
        """Where a browser that reached the portal at `portal_host` opens live streams; None: nowhere."""
        if not self.live_port:
            return None
        host = portal_host.rsplit(":", 1)[0] if not portal_host.endswith("]") else portal_host
        return self.live_url or f"{scheme}://{host}:{self.live_port}"

    def signing_key(self) -> str:
        """The key that signs sessions: the configured one, else one generated at first use (mode 0600)."""
        return self.secret_key.get_secret_value() if self.secret_key else kept_secret(self.data, "session")


def kept_secret(data: Path, name: str) -> str:
    """A secret of 256 bits, made at first use and kept in ``<data>/secrets/<name>``, readable by its owner only."""
    path = data / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret := secrets.token_urlsafe(32))
    return secret


def _from(environment: Mapping[str, str]) -> dict[str, str]:
    return dict(_pairs(environment))


def _pairs(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in environment.items():
        if not key.startswith(PREFIX) or key.startswith(f"{PREFIX}TEST_") or not value:
            continue
        name = key.removeprefix(PREFIX).lower()
        if name.endswith("_file"):
            yield name.removesuffix("_file"), _file_value(key, Path(value))
        elif name not in ("shared_data",):  # of the test suite, not of the platform
            yield name, value


def _file_value(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{key} names {path}, which cannot be read: {error.strerror}") from None


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return {key: value for key, value in dotenv_values(path).items() if value is not None}


def _sentences(error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        name = PREFIX + "_".join(str(part) for part in item["loc"][:1]).upper() if item["loc"] else "settings"
        yield f"{name}: {item['msg'].removeprefix('Value error, ')}"
