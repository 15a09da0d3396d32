"""What the gateway asks of the registry of devices. Each call is one short transaction; call them in threads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
import structlog

from haoyun.tracking.devices_store import Device, find_devices, registry_version
from haoyun.tracking.jt808.messages import Registered, Registration
from haoyun.tracking.terminals_store import authenticate, pair

_log = structlog.get_logger(__name__)


class Registry:
    """The registry behind an engine. A database that is away refuses nobody for good: terminals come again."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._version = -1

    def pair(self, phone: str, registration: Registration, now: datetime) -> tuple[Registered, str]:
        """See terminals_store.pair."""
        try:
            with self._engine.begin() as db:
                return pair(db, phone, registration, now)
        except sa.exc.OperationalError as error:
            raise _away(error) from error

    def authenticate(self, phone: str, code: str) -> Device | None:
        """See terminals_store.authenticate."""
        try:
            with self._engine.begin() as db:
                return authenticate(db, phone, code)
        except sa.exc.OperationalError as error:
            raise _away(error) from error

    def look_again(self) -> None:
        """Somebody signed in: what changed while they were being asked must not be missed."""
        self._version = -1

    def gone(self, signed_in: Mapping[str, Device]) -> list[str]:
        """Those of the signed-in devices that were revoked or got another credential since."""
        try:
            with self._engine.begin() as db:
                version = registry_version(db)
                if version == self._version:
                    return []
                now = find_devices(db, signed_in)
        except sa.exc.OperationalError as error:
            _log.warning("registry_not_readable", reason=str(error.args[0]))
            return []
        self._version = version
        return [name for name, device in signed_in.items() if not _same(device, now.get(name))]


def _same(before: Device, now: Device | None) -> bool:
    return now is not None and now.revoked_at is None and now.secret_bcrypt == before.secret_bcrypt


def _away(error: sa.exc.OperationalError) -> ConnectionError:
    return ConnectionError(f"the registry does not answer: {error.args[0]}")
