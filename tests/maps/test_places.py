"""Places: found by either name, completed while typing, nearest, and wrong codes answered with suggestions."""

from __future__ import annotations

import pytest

from haoyun.maps.errors import BadCoordinate, UnknownPlace
from haoyun.maps.gazetteer.places import Gazetteer, Place, network_gazetteer, trunk_gazetteer


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("宁波", "330200"),
        ("宁波市", "330200"),
        ("Ningbo", "330200"),
        ("  nINGBO ", "330200"),
        ("330200", "330200"),
        ("xian", "610100"),
        ("Xi'an", "610100"),
        ("Ürümqi", "650100"),
        ("urumqi", "650100"),
        ("Shangri La", "533400"),
        ("沙市", None),
        ("", None),
        ("Atlantis", None),
    ],
)
def test_a_place_is_found_by_exact_name_or_code(text: str, code: str | None) -> None:
    found = trunk_gazetteer().find(text)
    assert (found.code if found else None) == code


def test_cities_with_one_latin_name_are_told_apart() -> None:
    gazetteer = trunk_gazetteer()
    assert gazetteer.get("320500").name_zh == "苏州"
    assert gazetteer.find("Suzhou") == gazetteer.find("苏州")
    assert gazetteer.find("Suzhou (Anhui)") == gazetteer.find("宿州")


def test_typing_completes_in_both_languages_most_important_first() -> None:
    gazetteer = trunk_gazetteer()
    assert [place.name_zh for place in gazetteer.search("南", 3)] == ["南昌", "南京", "南宁"]
    assert [place.name_en for place in gazetteer.search("ning")] == ["Ningbo", "Ningde"]
    assert gazetteer.search("3302")[0].name_en == "Ningbo"
    assert gazetteer.search("") == gazetteer.search("zzz") == []


def test_every_place_is_found_by_its_own_names() -> None:
    gazetteer = trunk_gazetteer()
    for place in gazetteer.list():
        assert (
            gazetteer.find(place.name_zh)
            == gazetteer.find(place.name_en)
            == gazetteer.get(place.code)
            == place
        )


def test_the_nearest_place_of_a_harbour_is_its_city() -> None:
    assert trunk_gazetteer().nearest(29.93, 121.85).name_en == "Ningbo"
    with pytest.raises(BadCoordinate):
        trunk_gazetteer().nearest(0, 200)


def test_an_unknown_code_is_answered_with_close_names() -> None:
    with pytest.raises(UnknownPlace, match=r"no place 'Ningb'; did you mean Ningbo \(330200\)"):
        trunk_gazetteer().get("Ningb")
    with pytest.raises(UnknownPlace, match=r"no place '\?\?\?'"):
        trunk_gazetteer().get("???")


def test_a_place_without_a_name_or_off_the_earth_is_refused() -> None:
    with pytest.raises(ValueError, match="both languages"):
        Place("x", "", "X", 0, 0, 1)
    with pytest.raises(ValueError, match="rank"):
        Place("x", "甲", "X", 0, 0, 0)
    with pytest.raises(BadCoordinate):
        Place("x", "甲", "X", 91, 0, 1)


def test_codes_of_a_gazetteer_differ() -> None:
    place = Place("x", "甲", "X", 0, 0, 1)
    with pytest.raises(ValueError, match="codes that differ"):
        Gazetteer([place, place])
    with pytest.raises(ValueError, match="at least one"):
        Gazetteer([])


def test_a_street_network_gives_spread_out_corners_of_two_named_streets(graphs) -> None:
    graph = graphs.square_graph()
    del graph.nodes[0]["name"]
    for a, b in ((1, 2), (2, 1)):
        graph.edges[a, b, 0]["ref"] = "Calle B"
    places = network_gazetteer(graphs.network(graph, "town"), count=2).list()
    assert {place.name_en for place in places} == {"Calle B / S1"}
    assert {place.code for place in places} == {"town-1", "town-2"}


def test_a_street_of_several_numbers_is_called_by_its_first(graphs) -> None:
    graph = graphs.square_graph()
    del graph.nodes[0]["name"]
    for a, b in ((1, 2), (2, 1)):
        graph.edges[a, b, 0]["ref"] = "B 37;B 45"
    places = network_gazetteer(graphs.network(graph, "town"), count=2).list()
    assert {place.name_en for place in places} == {"B 37 / S1"}


def test_named_nodes_are_places_as_they_are(graphs) -> None:
    (place,) = network_gazetteer(graphs.network(graphs.square_graph(), "town")).list()
    assert (place.code, place.name_zh, place.name_en) == ("town-0", "起点", "Start & Go")


def test_a_network_without_any_name_still_has_places(graphs) -> None:
    graph = graphs.square_graph()
    del graph.nodes[0]["name"]
    for _, _, data in graph.edges(data=True):
        del data["ref"]
    assert len(network_gazetteer(graphs.network(graph, "town"), count=3).list()) == 3
