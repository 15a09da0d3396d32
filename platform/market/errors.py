"""What the market and trading refuse. Every refusal carries a rule key and its parameters, for translation.

MarketError
├── FieldErrors (ValueError)    fields that break their rules, all at once: {field: (rule, params)}
├── NotFound (LookupError)      missing, or not the viewer's: the same answer for both
├── NotAllowed                  the own organization's thing, but not with this role or kind of organization
└── Conflict                    right by itself, but not now
    ├── ForbiddenMove           the life cycle has no such step
    └── Stale                   somebody changed it since it was read
"""

from __future__ import annotations

from collections.abc import Mapping

from haoyun.platform.market.words import Params, sentence

FieldRule = tuple[str, Params]


class MarketError(Exception):
    """Base of all refusals; `key` and `params` name the rule, str() says it in English."""

    def __init__(self, key: str, **params: str | float) -> None:
        self.key = key
        self.params: Params = params
        super().__init__(sentence(key, params))


class FieldErrors(MarketError, ValueError):
    """Fields that break their rules: `errors` is {field: (rule key, params)}."""

    def __init__(self, errors: Mapping[str, FieldRule]) -> None:
        self.errors = dict(errors)
        super().__init__("fields", fields="; ".join(f"{f}: {sentence(*rule)}" for f, rule in errors.items()))

    def under(self, name: str) -> FieldErrors:
        """The same errors as parts of a field: ``end`` becomes ``pickup.end``."""
        return FieldErrors({f"{name}.{field}": rule for field, rule in self.errors.items()})

    def messages(self, language: str = "en") -> dict[str, str]:
        """A sentence for each field."""
        return {field: sentence(key, params, language) for field, (key, params) in self.errors.items()}


class NotFound(MarketError, LookupError):
    """There is no such thing for this viewer."""

    def __init__(self) -> None:
        super().__init__("not_found")


class NotAllowed(MarketError):
    """The role or kind of organization does not allow it."""


class Conflict(MarketError):
    """Cannot be done in the state that things are in now."""


class ForbiddenMove(Conflict):
    """The life cycle has no such step."""


class Stale(Conflict):
    """The version that the caller saw is not the newest."""

    def __init__(self) -> None:
        super().__init__("stale")


class Checks:
    """Gathers broken rules, so that a form shows all of them at once."""

    def __init__(self) -> None:
        self._broken: dict[str, FieldRule] = {}

    def require(self, holds: bool, field: str, rule: str, **params: str | float) -> None:
        """Note the rule as broken unless it holds; a field's first broken rule counts."""
        if not holds:
            self._broken.setdefault(field, (rule, params))

    def between(self, field: str, value: float, low: float, high: float) -> None:
        """Require low <= value <= high."""
        self.require(low <= value <= high, field, "between", low=low, high=high)

    def done(self) -> None:
        """Raise FieldErrors if any rule was broken."""
        if self._broken:
            raise FieldErrors(self._broken)
