"""One condition of a query: what it asks of an event, and what of it the database can answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from haoyun.rfid_ingest.epcis.filing import columns_of, keys_of
from haoyun.rfid_ingest.epcis.query.patterns import Keys
from haoyun.rfid_ingest.epcis.roles import Role

Json = Mapping[str, Any]
Operator = Literal["GE", "LT", "GT", "LE", "EQ"]


class View:
    """An event as conditions look at it. Index entries and columns are worked out when first asked for."""

    def __init__(self, event: Json, namespaces: Mapping[str, str], event_id: str, recorded_ms: int) -> None:
        self.event = event
        self.namespaces = namespaces
        self.event_id = event_id
        self.recorded_ms = recorded_ms

    @cached_property
    def columns(self) -> Mapping[str, Any]:
        """The columns under which the event is filed, `recorded_ms` among them."""
        return {**columns_of(self.event), "recorded_ms": self.recorded_ms}

    @cached_property
    def keys(self) -> set[tuple[str, str]]:
        """The index entries of the event: index key and role."""
        return keys_of(self.event)


@dataclass(frozen=True, slots=True)
class ColumnIn:
    """The column holds one of the values."""

    column: str
    values: frozenset[str]

    def holds(self, view: View) -> bool:
        """Whether the event is one that is asked for."""
        return view.columns[self.column] in self.values


@dataclass(frozen=True, slots=True)
class ColumnRange:
    """The column's instant lies on this side of a bound (epoch ms)."""

    column: str
    operator: Operator
    bound_ms: int

    def holds(self, view: View) -> bool:
        """Whether the event is one that is asked for."""
        return compare(self.operator, view.columns[self.column], self.bound_ms)


@dataclass(frozen=True, slots=True)
class PlaceWithin:
    """The place is one of these or lies in one; the repository replaces this by ColumnIn."""

    column: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyIn:
    """An identity in one of the roles is one of the keys."""

    roles: tuple[Role, ...]
    keys: Keys

    def holds(self, view: View) -> bool:
        """Whether the event is one that is asked for."""
        return any(role in self.roles and self.keys.holds(key) for key, role in view.keys)


@dataclass(frozen=True, slots=True)
class IdIn:
    """The event has one of the ids."""

    ids: frozenset[str]

    def holds(self, view: View) -> bool:
        """Whether the event is one that is asked for."""
        return view.event_id in self.ids


@dataclass(frozen=True, slots=True)
class Says:
    """The event says what the test wants; no column answers that. `narrowed` may find most of the others sooner."""

    test: Callable[[View], bool]
    narrowed: KeyIn | None = None

    def holds(self, view: View) -> bool:
        """Whether the event is one that is asked for."""
        return self.test(view)


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """A field's value has this master data attribute, with one of the values unless None; replaced by Says."""

    field: str
    attribute: str
    values: frozenset[str] | None


Criterion = ColumnIn | ColumnRange | PlaceWithin | KeyIn | IdIn | Says | HasAttribute
Resolved = ColumnIn | ColumnRange | KeyIn | IdIn | Says


def compare(operator: Operator, value: Any, bound: Any) -> bool:
    """Whether value stands to bound as the operator says; what is no number is on no side of one."""
    if operator == "EQ":
        return bool(value == bound)
    if not isinstance(value, int | float):
        return False
    if operator in ("GE", "GT"):
        return bool(value > bound or (operator == "GE" and value == bound))
    return bool(value < bound or (operator == "LE" and value == bound))


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: all conditions, the order, and how many events are wanted."""

    criteria: tuple[Criterion, ...] = ()
    order_by: str = "recordTime"
    descending: bool = False
    count_limit: int | None = None
    max_count: int | None = None
