"""The parameters whose names the standard fixes (openapi.json lists 61 of them; query-schema.json some more)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from haoyun.rfid_ingest.epcis.errors import InvalidQuery, QueryTooComplex
from haoyun.rfid_ingest.epcis.filing import word_of
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.instants import instant_ms
from haoyun.rfid_ingest.epcis.query.criteria import (
    ColumnIn,
    ColumnRange,
    Criterion,
    IdIn,
    Json,
    KeyIn,
    Operator,
    PlaceWithin,
    Says,
    View,
    compare,
)
from haoyun.rfid_ingest.epcis.query.own_fields import sensor_elements, sensor_metadata, sensor_reports
from haoyun.rfid_ingest.epcis.query.patterns import Keys, keys_matching
from haoyun.rfid_ingest.epcis.query.values import flag, milliseconds, number, numbers, texts, uris
from haoyun.rfid_ingest.epcis.roles import CLASS_ROLES, EPC_ROLES, Role
from haoyun.rfid_ingest.epcis.vocabulary import bare_measurement, bare_word

Parser = Callable[[str, object], Criterion]
MOST_BEGINNINGS = 400  # of keys that patterns stand for; SQLite takes expressions of a depth of 1,000
_ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})


def _types(name: str, raw: object) -> Criterion:
    return ColumnIn("event_type", frozenset(texts(name, raw)))


def _action(name: str, raw: object) -> Criterion:
    found = frozenset(texts(name, raw))
    if found - _ACTIONS:
        raise InvalidQuery(f"{name}: write ADD, OBSERVE or DELETE, not {min(found - _ACTIONS)[:40]!r}")
    return ColumnIn("action", found)


def _words(column: str, kind: str) -> Parser:
    return lambda name, raw: ColumnIn(column, frozenset(bare_word(kind, word) for word in texts(name, raw)))


def _places(column: str) -> Parser:
    return lambda name, raw: ColumnIn(column, frozenset(map(index_key, uris(name, raw))))


def _within(column: str) -> Parser:
    return lambda name, raw: PlaceWithin(column, tuple(map(index_key, uris(name, raw))))


def _time(column: str, operator: Operator) -> Parser:
    return lambda name, raw: ColumnRange(column, operator, milliseconds(name, raw))


def _match(*roles: Role) -> Parser:
    def parse(name: str, raw: object) -> Criterion:
        try:
            keys = keys_matching(uris(name, raw))
        except ValueError as error:
            raise InvalidQuery(f"{name}: {error}") from None
        if len(keys.prefixes) > MOST_BEGINNINGS:
            raise QueryTooComplex(
                f"{name}: the patterns stand for {len(keys.prefixes)} beginnings of identities, at most"
                f" {MOST_BEGINNINGS} are taken (a pattern of a company's goods of all kinds has ten); ask in parts"
            )
        return KeyIn(roles, keys)

    return parse


def _identities(role: Role) -> Parser:
    return lambda name, raw: KeyIn((role,), Keys(frozenset(map(index_key, texts(name, raw)))))


def _corrections(name: str, raw: object) -> Criterion:
    return KeyIn((Role.CORRECTION,), Keys(frozenset(texts(name, raw))))


def _ids(name: str, raw: object) -> Criterion:
    return IdIn(frozenset(texts(name, raw)))


def _persistent(which: str) -> Parser:
    def parse(name: str, raw: object) -> Criterion:
        wanted = {bare_word("disposition", word) for word in texts(name, raw)}

        def test(view: View) -> bool:
            found = _object(view.event, "persistentDisposition").get(which)
            words = found if isinstance(found, list) else ()
            return any(word_of("disposition", word) in wanted for word in words)

        return Says(test)

    return parse


def _object(event: Json, name: str) -> Json:
    """An object of the event; events of types of one's own may hold anything there."""
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}


def quantities(event: Json) -> Iterator[float]:
    """The quantities of every list of the event."""
    for name in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        elements = event.get(name)
        for element in elements if isinstance(elements, list) else ():
            if isinstance(element, Mapping) and isinstance(element.get("quantity"), int | float):
                yield element["quantity"]


def _quantity(operator: Operator) -> Parser:
    def parse(name: str, raw: object) -> Criterion:
        if operator == "EQ":
            wanted = numbers(name, raw)
            return Says(lambda view: any(found in wanted for found in quantities(view.event)))
        bound = number(name, raw)
        return Says(lambda view: any(compare(operator, found, bound) for found in quantities(view.event)))

    return parse


def _declared(name: str, raw: object) -> Criterion:
    wanted = flag(name, raw)
    return Says(lambda view: not wanted or "errorDeclaration" in view.event)


def _sensed(name: str, raw: object) -> Criterion:
    wanted = flag(name, raw)
    return Says(lambda view: not wanted or bool(view.event.get("sensorElementList")))


def _instants(where: Callable[[Json], Iterator[Any]], operator: Operator) -> Parser:
    """An instant somewhere in the event lies on this side of the bound."""

    def parse(name: str, raw: object) -> Criterion:
        bound = milliseconds(name, raw)
        return Says(lambda view: any(_is_on_side(text, operator, bound) for text in where(view.event)))

    return parse


def _is_on_side(text: str, operator: Operator, bound_ms: int) -> bool:
    """Whether the instant lies on this side of the bound; one outside the calendar lies on none."""
    try:
        return compare(operator, instant_ms(text), bound_ms)
    except ValueError:
        return False


def _declaration_time(event: Json) -> Iterator[Any]:
    found = _object(event, "errorDeclaration").get("declarationTime")
    if isinstance(found, str):
        yield found


def _sensor_times(name: str) -> Callable[[Json], Iterator[Any]]:
    def read(event: Json) -> Iterator[Any]:
        for part in (*sensor_metadata(event), *(sensor_reports(event) if name == "time" else ())):
            if isinstance(part.get(name), str):
                yield part[name]

    return read


def _reason(name: str, raw: object) -> Criterion:
    wanted = {bare_word("error", word) for word in texts(name, raw)}
    return Says(
        lambda view: word_of("error", _object(view.event, "errorDeclaration").get("reason")) in wanted
    )


def sensor_values(event: Json, name: str) -> Iterator[Any]:
    """The values of an attribute of sensor metadata or sensor reports."""
    for part in (*sensor_metadata(event), *sensor_reports(event)):
        if name in part:
            yield part[name]


def _sensor_texts(name_of: str, spell: Callable[[str], str] = str) -> Parser:
    def parse(name: str, raw: object) -> Criterion:
        wanted = {spell(text) for text in texts(name, raw)}
        return Says(
            lambda view: any(spell(str(found)) in wanted for found in sensor_values(view.event, name_of))
        )

    return parse


def _sensor_flag(name: str, raw: object) -> Criterion:
    wanted = flag(name, raw)
    return Says(lambda view: any(found is wanted for found in sensor_values(view.event, "booleanValue")))


def _sensor_number(name_of: str, operator: Operator) -> Parser:
    def parse(name: str, raw: object) -> Criterion:
        bound = number(name, raw)
        return Says(
            lambda view: any(compare(operator, found, bound) for found in sensor_values(view.event, name_of))
        )

    return parse


_SENSOR_TIMES = ("time", "startTime", "endTime")
_OPERATORS: tuple[Operator, ...] = ("GE", "LT", "GT", "LE")
FIXED: dict[str, Parser] = {
    "eventType": _types,
    "EQ_action": _action,
    "EQ_bizStep": _words("biz_step", "bizStep"),
    "EQ_disposition": _words("disposition", "disposition"),
    "EQ_persistentDisposition_set": _persistent("set"),
    "EQ_persistentDisposition_unset": _persistent("unset"),
    "EQ_readPoint": _places("read_point"),
    "WD_readPoint": _within("read_point"),
    "EQ_bizLocation": _places("biz_location"),
    "WD_bizLocation": _within("biz_location"),
    "EQ_transformationID": _identities(Role.TRANSFORMATION),
    "MATCH_epc": _match(Role.EPC, Role.CHILD),
    "MATCH_parentID": _match(Role.PARENT),
    "MATCH_inputEPC": _match(Role.INPUT),
    "MATCH_outputEPC": _match(Role.OUTPUT),
    "MATCH_anyEPC": _match(*EPC_ROLES),
    "MATCH_epcClass": _match(Role.CLASS),
    "MATCH_inputEPCClass": _match(Role.INPUT_CLASS),
    "MATCH_outputEPCClass": _match(Role.OUTPUT_CLASS),
    "MATCH_anyEPCClass": _match(*CLASS_ROLES),
    "EQ_quantity": _quantity("EQ"),
    **{f"{operator}_quantity": _quantity(operator) for operator in _OPERATORS},
    "EQ_eventID": _ids,
    "EXISTS_errorDeclaration": _declared,
    "EXISTS_sensorElementList": _sensed,
    "EQ_errorReason": _reason,
    "EQ_correctiveEventID": _corrections,
    "EQ_type": _sensor_texts("type", bare_measurement),
    "EQ_deviceID": _identities(Role.DEVICE),
    **{
        f"EQ_{name}": _sensor_texts(name, index_key)
        for name in ("dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules", "uriValue")
    },
    **{f"EQ_{name}": _sensor_texts(name) for name in ("stringValue", "hexBinaryValue")},
    "EQ_booleanValue": _sensor_flag,
    **{
        f"{operator}_{name}": _sensor_number(name, operator)
        for operator in ("EQ", *_OPERATORS)
        for name in ("percRank", "percValue")
    },
}
for _operator in ("GE", "LT"):
    FIXED |= {
        f"{_operator}_eventTime": _time("event_ms", _operator),
        f"{_operator}_recordTime": _time("recorded_ms", _operator),
        f"{_operator}_errorDeclarationTime": _instants(_declaration_time, _operator),
        f"{_operator}_errorDeclaration_Time": _instants(_declaration_time, _operator),
        **{f"{_operator}_{name}": _instants(_sensor_times(name), _operator) for name in _SENSOR_TIMES},
    }

__all__ = ["FIXED", "Parser", "quantities", "sensor_elements", "sensor_values"]
