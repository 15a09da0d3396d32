"""The law of the road as plain JSON values and back: how a map's folder stores rules and conditions."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from haoyun.maps.rules import (
    Access,
    Condition,
    Limit,
    Measure,
    RoadRules,
    Subject,
    Threshold,
    TimedRule,
    TimeWindow,
)

_ACCESS_FIELDS = ("motor_vehicle", "hgv", "hazmat", "hazmat_water")


def rules_to_json(rules: RoadRules) -> dict[str, Any]:
    """Only what differs from "no limits"."""
    plain = {f.name: getattr(rules, f.name) for f in fields(rules) if getattr(rules, f.name) != f.default}
    if rules.timed:
        plain["timed"] = [_timed_to_json(rule) for rule in rules.timed]
    return plain


def rules_from_json(plain: dict[str, Any]) -> RoadRules:
    """The inverse of `rules_to_json`; KeyError, TypeError or ValueError for anything else."""
    values = dict(plain)
    values["timed"] = tuple(_timed_from_json(rule) for rule in plain.get("timed", ()))
    for name in _ACCESS_FIELDS:
        if name in values:
            values[name] = Access(values[name])
    return RoadRules(**values)


def condition_to_json(when: Condition) -> dict[str, Any]:
    """Windows and thresholds as lists."""
    return {
        "windows": [[w.days, w.start_minute, w.end_minute, w.season] for w in when.windows],
        "thresholds": [
            [t.measure, t.above, None if math.isinf(t.up_to) else t.up_to, t.includes_above, t.includes_up_to]
            for t in when.thresholds
        ],
        "destination_only": when.destination_only,
    }


def condition_from_json(plain: dict[str, Any]) -> Condition:
    """The inverse of `condition_to_json`."""
    return Condition(
        windows=tuple(
            TimeWindow(days, start, end, (season[0], season[1]) if season else None)
            for days, start, end, season in plain["windows"]
        ),
        thresholds=tuple(
            Threshold(Measure(measure), above, math.inf if up_to is None else up_to, low, high)
            for measure, above, up_to, low, high in plain["thresholds"]
        ),
        destination_only=plain["destination_only"],
    )


def _timed_to_json(rule: TimedRule) -> dict[str, Any]:
    return {"what": rule.what, "value": rule.value, "when": condition_to_json(rule.when)}


def _timed_from_json(plain: dict[str, Any]) -> TimedRule:
    about_access = plain["what"] in list(Subject)
    what: Limit | Subject = Subject(plain["what"]) if about_access else Limit(plain["what"])
    value = Access(plain["value"]) if about_access else plain["value"]
    return TimedRule(what, value, condition_from_json(plain["when"]))
