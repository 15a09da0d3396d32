"""What stands at nodes: bollards and gates that nobody or not everybody passes, bars that limit the height."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from haoyun.maps.osm.split import Runs
from haoyun.maps.osm.tags import Tags, is_open, rules_of
from haoyun.maps.rules import RoadRules

# What a truck drives through, over or under unless its tags say otherwise. Anything else, and anything
# unknown, stops it: a route through a bollard is worse than a detour.
PASSABLE = frozenset({
    "gate", "lift_gate", "swing_gate", "sliding_gate", "hampshire_gate", "entrance", "toll_booth", "border_control",
    "cattle_grid", "height_restrictor", "width_restrictor", "arch", "sally_port", "no", "kerb", "curb", "checkpoint",
    "spikes", "rope", "weighbridge",
})  # fmt: skip
_ACCESS = ("access", "vehicle", "motor_vehicle", "hgv")


def barrier_rules(tags: Tags) -> RoadRules | None:
    """What a node's tags ask of those who pass; None where no motor vehicle does.

    Access tags decide; without them a bollard, block, chain or log stops everybody and a gate nobody.
    """
    words = {key: value for key, value in tags.items() if key not in ("oneway", "junction", "highway")}
    rules = rules_of(words, forward=True)
    says_who = any(key in tags for key in _ACCESS)
    opens = tags.get("barrier", "no") in PASSABLE or says_who
    return rules if opens and is_open(rules) else None


def sort_barriers(nodes: dict[int, dict[str, str]]) -> tuple[set[int], dict[int, RoadRules]]:
    """(ids of nodes that nobody passes, rules of those that only some pass)."""
    blocked: set[int] = set()
    limited: dict[int, RoadRules] = {}
    for node, tags in nodes.items():
        rules = barrier_rules(tags)
        if rules is None:
            blocked.add(node)
        elif not rules.is_free:
            limited[node] = rules
    return blocked, limited


def limited_runs(runs: Runs, limited: Iterable[tuple[int, RoadRules]]) -> Iterator[tuple[int, RoadRules]]:
    """(run, rules it takes over from a node at its end), for node numbers and their rules.

    All runs that meet at the node but the longest carry its rules: whoever passes drives at least one of
    them, and the longest stays open to those who come from its other end.
    """
    places = dict(limited)
    if not places:
        return
    wanted = np.array(sorted(places))
    ends = np.concatenate([runs.tail, runs.head])
    touching = np.flatnonzero(np.isin(ends, wanted))
    meeting: dict[int, list[int]] = {}
    for at in touching.tolist():
        meeting.setdefault(int(ends[at]), []).append(at % len(runs.tail))
    for node, those in meeting.items():
        distinct = sorted(set(those), key=lambda run: float(runs.length_m[run]))
        for run in distinct[:-1] or distinct:
            yield run, places[node]
