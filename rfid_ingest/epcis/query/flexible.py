"""Parameters whose names carry a field, a type or a unit: own fields, ILMD, documents, parties, sensor values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from haoyun.rfid_ingest.epcis.errors import InvalidQuery
from haoyun.rfid_ingest.epcis.fields import SENSOR_NUMBERS
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.query.criteria import (
    Criterion,
    HasAttribute,
    KeyIn,
    Operator,
    Says,
    View,
    compare,
)
from haoyun.rfid_ingest.epcis.query.own_fields import (
    PLACES,
    expanded,
    is_equal,
    is_on_side,
    sensor_reports,
    values_of,
)
from haoyun.rfid_ingest.epcis.query.patterns import Keys
from haoyun.rfid_ingest.epcis.query.values import flag, number, numbers, one_text, texts
from haoyun.rfid_ingest.epcis.roles import Role
from haoyun.rfid_ingest.epcis.vocabulary import bare_word

_TYPED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)\Z")
_MEASURED = re.compile(rf"(EQ|GE|LT|GT|LE)_({'|'.join(SENSOR_NUMBERS)})_([A-Z0-9]{{2,3}})\Z")
_OWN = re.compile(
    rf"(EQ|GE|LT|GT|LE|EXISTS)_(INNER_)?(?:({'|'.join(place for place in PLACES if place)})_)?(.*[:#/].+)\Z"
)
_ATTRIBUTE = re.compile(r"(HASATTR|EQATTR|EQ_ATTR)_([^_]+(?::[^_]+)?)(?:_(.+))?\Z")
_LISTS = {
    "bizTransaction": ("bizTransactionList", Role.TRANSACTION, "bizTransaction"),
    "source": ("sourceList", Role.SOURCE, "party"),
    "destination": ("destinationList", Role.DESTINATION, "party"),
}


def parse_flexible(name: str, raw: object) -> Criterion | None:
    """The condition of a parameter with a flexible name; None when the name is of no known form."""
    if match := _TYPED.match(name):
        return _typed(name, raw, *match.groups())
    if match := _MEASURED.match(name):
        return _measured(name, raw, *match.groups())  # type: ignore[arg-type]
    if match := _ATTRIBUTE.match(name):
        return _attribute(name, raw, *match.groups())
    if match := _OWN.match(name):
        operator, inner, place, field = match.groups()
        return _own(name, raw, operator, bool(inner), place or "", field)
    return None


def _typed(name: str, raw: object, part: str, type_name: str) -> Criterion:
    listed, role, kind = _LISTS[part]
    wanted = frozenset(map(index_key, texts(name, raw)))
    wanted_type = bare_word(kind, type_name)

    def test(view: View) -> bool:
        entries = view.event.get(listed)
        return any(
            isinstance(entry, Mapping)
            and bare_word(kind, str(entry.get("type", ""))) == wanted_type
            and index_key(str(entry.get(part))) in wanted
            for entry in (entries if isinstance(entries, list) else ())
        )

    return Says(test, narrowed=KeyIn((role,), Keys(wanted)))


def _measured(name: str, raw: object, operator: Operator, field: str, unit: str) -> Criterion:
    """A sensor's value in this unit; values in other units are not converted."""
    wanted = numbers(name, raw) if operator == "EQ" else frozenset({number(name, raw)})

    def test(view: View) -> bool:
        return any(
            report.get("uom") == unit
            and field in report
            and any(compare(operator, report[field], bound) for bound in wanted)
            for report in sensor_reports(view.event)
        )

    return Says(test)


def _own(name: str, raw: object, operator: Any, inner: bool, place: str, field: str) -> Criterion:
    if operator == "EXISTS":
        wanted = flag(name, raw)
        return Says(lambda view: not wanted or any(True for _ in values_of(view, place, field, inner=inner)))
    if operator == "EQ":
        listed = frozenset(texts(name, raw))
        return Says(lambda view: any(is_equal(v, listed) for v in values_of(view, place, field, inner=inner)))
    bound = one_text(name, raw)
    if not (is_on_side(bound, "EQ", bound)):
        raise InvalidQuery(f"{name}: {bound[:60]!r} is neither a number nor an instant")
    return Says(
        lambda view: any(is_on_side(v, operator, bound) for v in values_of(view, place, field, inner=inner))
    )


def _attribute(name: str, raw: object, operator: str, field: str, attribute: str | None) -> Criterion:
    if operator == "HASATTR":
        return HasAttribute(field, one_text(name, raw), None)
    if attribute is None:
        raise InvalidQuery(
            f"{name}: name the field and its attribute, EQATTR_bizLocation_urn:example:attribute"
        )
    return HasAttribute(field, attribute, frozenset(texts(name, raw)))


def identities_in(view: View, field: str) -> set[str]:
    """The index keys that stand in a field of the event, for conditions on their master data."""
    return (
        set(_keys(view.event.get(field)))
        | set(_keys(_by_part(view.event, field)))
        | set(_keys([value for key, value in view.event.items() if expanded(key, view.namespaces) == field]))
    )


def _by_part(event: Mapping[str, Any], part: str) -> list[Any]:
    """Members of that name in the entries of any list: epcClass, source, bizTransaction …"""
    lists = [value for value in event.values() if isinstance(value, list)]
    return [
        entry[part] for entries in lists for entry in entries if isinstance(entry, Mapping) and part in entry
    ]


def _keys(value: Any) -> list[str]:
    if isinstance(value, str):
        return [index_key(value)]
    if isinstance(value, Mapping):
        return _keys(value.get("id"))
    return [key for item in value for key in _keys(item)] if isinstance(value, list) else []
