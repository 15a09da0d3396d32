"""A webhook: where an organization's system is told, of what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from haoyun.platform.market.errors import Checks
from haoyun.platform.webhooks.event import Event, EventType, Scope
from haoyun.platform.webhooks.signing import is_web_address

MOST_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDraft:
    """What somebody asks for; no `types` means all. Raises FieldErrors."""

    url: str
    name: str = ""
    types: frozenset[EventType] = frozenset()
    scope: Scope = Scope.OWN
    paused: bool = False

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(is_web_address(self.url), "url", "web_address")
        high = MOST_NAME_CHARACTERS
        checks.require(len(self.name) <= high, "name", "text_length", low=0, high=high)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(WebhookDraft):
    """A webhook as it is kept; its secret is shown when it is made or rotated, and never again."""

    id: str
    org_id: str
    secret: str
    version: int
    created_at: datetime

    def wants(self, event: Event) -> bool:
        """Whether it is told of the event; nothing that happened before it was made."""
        asked = not self.types or event.type in self.types
        return asked and event.at >= self.created_at and event.is_for(self.org_id, self.scope)
