"""What can go wrong with the demonstration.

DemoError
├── ApiRefused       the platform answered a request with a problem
├── ApiUnreachable   the platform did not answer
└── NotADemo         a data folder is not one that this demonstration may use or wipe
"""

from __future__ import annotations

from collections.abc import Mapping


class DemoError(Exception):
    """Base of everything that this package raises on purpose."""


class ApiRefused(DemoError):
    """The platform answered with a problem (RFC 9457)."""

    def __init__(self, status: int, detail: str, errors: Mapping[str, str] | None = None) -> None:
        fields = "; ".join(f"{name}: {message}" for name, message in (errors or {}).items())
        super().__init__(f"{status} {detail} {fields}".strip())
        self.status = status
        self.errors = dict(errors or {})


class ApiUnreachable(DemoError):
    """The platform did not answer: it restarts, or it is gone."""


class NotADemo(DemoError):
    """A data folder is not one that this demonstration may use or wipe."""
