"""Restriction relations become banned turns: which, for whom, when, by nodes and by ways."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm.build import build_network
from haoyun.maps.osm.turns import restrictions_of
from haoyun.maps.rules import Condition, Measure, Threshold, TimeWindow, TurnBan, Vehicles

WEST, NORTH, EAST, SOUTH = 1, 2, 3, 4  # the ways of `cross()`


@pytest.fixture
def build(tmp_path: Path) -> Any:
    def run(file: Any) -> RoadNetwork:
        return build_network(file.write(tmp_path / "town.osm"), name="town")[0]

    return run


def ways(network: RoadNetwork, ban: TurnBan) -> tuple[int, ...]:
    return tuple(int(network.edge_way[edge]) for edge in (ban.from_edge, *ban.via_edges, ban.to_edge))


def banned(network: RoadNetwork) -> set[tuple[int, ...]]:
    return {ways(network, ban) for ban in network.turn_bans}


def test_no_left_turn_bans_that_turn_alone(osmfile: ModuleType, build) -> None:
    network = build(osmfile.cross().restriction("no_left_turn", WEST, "n5", NORTH))
    (ban,) = network.turn_bans
    assert ways(network, ban) == (WEST, NORTH)
    assert (ban.via_edges, ban.vehicles, ban.when) == ((), Vehicles.ALL, Condition())
    assert network.edge_head[ban.from_edge] == network.edge_tail[ban.to_edge]


def test_only_straight_on_bans_all_other_ways_out_and_the_way_back(osmfile: ModuleType, build) -> None:
    network = build(osmfile.cross().restriction("only_straight_on", WEST, "n5", EAST))
    assert banned(network) == {(WEST, NORTH), (WEST, SOUTH), (WEST, WEST)}


def test_only_towards_a_road_that_is_not_in_the_map_bans_nothing(osmfile: ModuleType, build) -> None:
    file = osmfile.cross().node(7, 5, 5).way(7, [5, 7], highway="footway")
    assert build(file.restriction("only_right_turn", WEST, "n5", 7)).turn_bans == ()


def test_no_u_turn_bans_the_way_back(osmfile: ModuleType, build) -> None:
    network = build(osmfile.cross().restriction("no_u_turn", WEST, "n5", WEST))
    (ban,) = network.turn_bans
    assert network.edge_tail[ban.from_edge] == network.edge_head[ban.to_edge]


def test_no_entry_binds_every_way_in_and_no_exit_every_way_out(osmfile: ModuleType, build) -> None:
    entry = build(osmfile.cross().restriction("no_entry", [WEST, EAST], "n5", NORTH))
    assert banned(entry) == {(WEST, NORTH), (EAST, NORTH)}
    leave = build(osmfile.cross().restriction("no_exit", WEST, "n5", [NORTH, SOUTH]))
    assert banned(leave) == {(WEST, NORTH), (WEST, SOUTH)}


@pytest.mark.parametrize(
    ("tags", "vehicles"),
    [
        ({"restriction": "no_left_turn"}, [Vehicles.ALL]),
        ({"restriction": "no_left_turn", "except": "psv;bicycle"}, [Vehicles.ALL]),
        ({"restriction": "no_left_turn", "except": "hgv"}, [Vehicles.LIGHT]),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, []),
        ({"restriction:hgv": "no_left_turn"}, [Vehicles.HGV]),
        ({"restriction:hazmat": "no_left_turn"}, [Vehicles.HAZMAT]),
        ({"restriction:bicycle": "no_left_turn"}, []),
        ({"restriction:bus": "no_left_turn"}, []),
    ],
)
def test_a_restriction_binds_those_it_names_and_not_those_it_excepts(
    tags: dict[str, str], vehicles: list[Vehicles]
) -> None:
    members = [("w", 1, "from"), ("n", 5, "via"), ("w", 2, "to")]
    assert [one.vehicles for one in restrictions_of(tags, members)] == vehicles


def test_a_restriction_by_hours_and_weight_keeps_its_condition(osmfile: ModuleType, build) -> None:
    text = "no_left_turn @ (Mo-Fr 07:00-09:00 AND weight>7.5)"
    network = build(osmfile.cross().restriction("", WEST, "n5", NORTH, restriction__conditional=text))
    (ban,) = network.turn_bans
    assert ban.windows == (TimeWindow(0b0011111, 420, 540),)
    assert ban.when.thresholds == (Threshold(Measure.WEIGHT_T, above=7.5),)


def test_a_restriction_at_unreadable_times_binds_always(osmfile: ModuleType, build) -> None:
    file = osmfile.cross()
    file.restriction("", WEST, "n5", NORTH, restriction__conditional="no_left_turn @ (sunset-sunrise)")
    (ban,) = build(file).turn_bans
    assert ban.when == Condition()


def junction_pair(osmfile: ModuleType) -> Any:
    """Way 1 west -> 5, way 7 from 5 to 6 (two edges, a side road 8 at node 9), ways 3 and 2 on from 6."""
    file = osmfile.OsmFile().node(1, 0, -10).node(5, 0, 0).node(9, 0, 2).node(6, 0, 4)
    file.node(3, 0, 14).node(2, 10, 4).node(8, 10, 2)
    file.way(1, [1, 5]).way(7, [5, 9, 6]).way(3, [6, 3]).way(2, [6, 2]).way(8, [9, 8])
    return file.way(10, [1, 8, 2, 3, 1], highway="tertiary")


def test_a_restriction_over_a_way_bans_the_whole_path(osmfile: ModuleType, build) -> None:
    network = build(junction_pair(osmfile).restriction("no_left_turn", 1, "w7", 2))
    (ban,) = network.turn_bans
    assert ways(network, ban) == (1, 7, 7, 2)
    chain = (ban.from_edge, *ban.via_edges, ban.to_edge)
    assert [int(network.edge_head[edge]) for edge in chain[:-1]] == [
        int(network.edge_tail[e]) for e in chain[1:]
    ]


def test_only_over_a_way_bans_the_other_ends_of_the_path(osmfile: ModuleType, build) -> None:
    network = build(junction_pair(osmfile).restriction("only_straight_on", 1, "w7", 3))
    assert banned(network) == {(1, 7, 7, 2), (1, 7, 7, 7)}


def test_a_via_way_is_followed_against_its_nodes_and_round_a_roundabout(osmfile: ModuleType, build) -> None:
    back = build(junction_pair(osmfile).restriction("no_u_turn", 2, "w7", 1))
    assert banned(back) == {(2, 7, 7, 1)}
    file = osmfile.OsmFile().node(1, 0, -10).node(2, 10, 0).node(3, 0, 10)
    file.node(11, 0, -1).node(12, 1, 0).node(13, 0, 1)
    file.way(1, [1, 11]).way(2, [12, 2]).way(3, [13, 3])
    file.way(7, [12, 11, 13, 12], junction="roundabout").way(10, [1, 2, 3, 1])
    round_ = build(file.restriction("no_straight_on", 3, "w7", 1))
    assert banned(round_) == {(3, 7, 7, 1)}, "from 13 over 12, where the way begins, to 11"


def test_a_one_way_via_way_that_cannot_be_driven_bans_nothing(osmfile: ModuleType, build) -> None:
    file = junction_pair(osmfile).way(20, [6, 5], oneway="yes")
    assert build(file.restriction("no_left_turn", 1, "w20", 2)).turn_bans == ()


def test_of_a_road_that_runs_on_the_turn_that_fits_the_word_is_banned(osmfile: ModuleType, build) -> None:
    """Way 30 passes node 5: a left turn from the west leads north and not south."""
    file = osmfile.OsmFile().node(1, 0, -10).node(2, 10, 0).node(4, -10, 0).node(5, 0, 0)
    file.way(1, [1, 5]).way(30, [4, 5, 2]).way(9, [1, 2, 4, 1])
    network = build(file.restriction("no_left_turn", 1, "n5", 30))
    (ban,) = network.turn_bans
    assert network.node_lat[network.edge_head[ban.to_edge]] > 30
    network = build(file.restriction("only_right_turn", 1, "n5", 30))
    assert len(network.turn_bans) == 2, "left, and back"


def test_a_u_turn_inside_a_way_is_cut_at_its_node(osmfile: ModuleType, build) -> None:
    file = osmfile.OsmFile().node(1, 0, -10).node(2, 0, 10).node(5, 0, 0).node(6, 10, 0)
    file.way(1, [1, 5, 2]).way(9, [1, 6, 2]).restriction("no_u_turn", 1, "n5", 1)
    network = build(file)
    assert banned(network) == {(1, 1)}
    assert len(network.turn_bans) == 2, "in both directions"
    assert all(network.edge_tail[b.from_edge] == network.edge_head[b.to_edge] for b in network.turn_bans)


@pytest.mark.parametrize(
    "members",
    [
        [("n", 5, "via"), ("w", 2, "to")],
        [("w", 1, "from"), ("w", 2, "to")],
        [("w", 1, "from"), ("n", 5, "via"), ("n", 6, "via"), ("w", 2, "to")],
        [("w", 1, "from"), ("n", 5, "via"), ("w", 6, "via"), ("w", 2, "to")],
    ],
)
def test_a_relation_that_lacks_a_member_says_nothing(members: list[tuple[str, int, str]]) -> None:
    assert restrictions_of({"restriction": "no_left_turn"}, members) == []


def test_a_word_that_is_no_restriction_bans_nothing(osmfile: ModuleType, build) -> None:
    assert build(osmfile.cross().restriction("give_way", WEST, "n5", NORTH)).turn_bans == ()


def test_the_same_ban_from_two_relations_is_kept_once(osmfile: ModuleType, build) -> None:
    file = osmfile.cross().restriction("no_left_turn", WEST, "n5", NORTH)
    network = build(file.restriction("no_left_turn", WEST, "n5", NORTH))
    assert len(network.turn_bans) == 1
    assert np.all(network.edge_way > 0)
