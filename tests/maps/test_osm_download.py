"""A place by name, from a server of our own that answers like Nominatim and Overpass."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haoyun.maps.catalog import import_place, open_map
from haoyun.maps.errors import BadMapFile, MapError, UnknownPlace, Unreachable
from haoyun.maps.osm import download
from haoyun.maps.rules import Access

AREA = {
    "type": "Polygon",
    "coordinates": [[[119.9, 29.9], [120.1, 29.9], [120.1, 30.1], [119.9, 30.1], [119.9, 29.9]]],
}
TOWN = {
    "place_id": 1, "lat": "30", "lon": "120", "importance": 0.5, "display_name": "Town", "name": "Town",
    "boundingbox": ["29.9", "30.1", "119.9", "120.1"], "geojson": AREA,
}  # fmt: skip
POINT = {**TOWN, "geojson": {"type": "Point", "coordinates": [120, 30]}}
NODES = [(1, 30.0, 120.0), (2, 30.0, 120.01), (3, 30.01, 120.01), (4, 30.01, 120.0), (5, 30.0, 120.005)]
WAYS = [
    (11, [1, 5, 2], {"highway": "primary", "maxheight": "4.2", "ref": "G329", "hgv:backward": "no"}),
    (12, [2, 3], {"highway": "secondary"}),
    (13, [3, 4], {"highway": "secondary", "name": "人民路"}),
    (14, [4, 1], {"highway": "residential"}),
    (15, [1, 3], {"highway": "residential", "access": "private"}),
    (16, [2, 4], {"highway": "primary", "oneway": "yes"}),
]
ROADS = [{"type": "node", "id": i, "lat": lat, "lon": lon} for i, lat, lon in NODES]
ROADS += [{"type": "way", "id": i, "nodes": nodes, "tags": tags} for i, nodes, tags in WAYS]

Serve = Callable[[list[dict[str, Any]], list[dict[str, Any]]], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """`serve(places, elements)` sets what the two services answer."""
    import osmnx

    answers: dict[str, Any] = {"places": [], "elements": []}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(answers["places"])

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send({"version": 0.6, "elements": answers["elements"]})

        def _send(self, value: Any) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(osmnx.settings, "nominatim_url", f"{url}/")
    monkeypatch.setattr(osmnx.settings, "overpass_url", f"{url}/api")

    def answer(places: list[dict[str, Any]], elements: list[dict[str, Any]]) -> None:
        answers.update(places=places, elements=elements)

    yield answer
    server.shutdown()
    server.server_close()


def test_a_place_becomes_a_map_with_truck_rules_and_without_private_roads(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    serve([TOWN], ROADS)
    made = import_place("Town", "town", tmp_path / "maps")
    network = open_map("town", tmp_path / "maps")
    assert network.edge_length_m.tolist() == made.edge_length_m.tolist()
    ways = sorted(network.edge_way.tolist())
    assert ways == [11, 11, 12, 12, 13, 13, 14, 14, 16]
    west, east = sorted(np.flatnonzero(network.edge_way == 11), key=lambda edge: -network.edge_head[edge])
    limits = {network.rules_of(int(edge)).max_height_m for edge in (west, east)}
    assert limits == {4.2}
    assert {network.rules_of(int(edge)).hgv for edge in (west, east)} == {Access.YES, Access.NO}
    assert len(network.edge_line(int(west))) == 3, "node 5 is a bend"
    assert network.turn_bans == ()
    assert [path.name for path in tmp_path.iterdir()] == ["maps"], "no cache folder of osmnx"


def test_a_name_that_nobody_knows_and_a_name_of_a_point_are_told(serve: Serve, tmp_path: Path) -> None:
    serve([], [])
    with pytest.raises(UnknownPlace, match="knows no area 'Atlantis'"):
        import_place("Atlantis", "town", tmp_path)
    serve([POINT], [])
    with pytest.raises(UnknownPlace, match="no area called 'Milestone': name a city"):
        import_place("Milestone", "town", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_without_roads_is_told(serve: Serve, tmp_path: Path) -> None:
    serve([TOWN], [])
    with pytest.raises(UnknownPlace, match="with such roads"):
        import_place("Town", "town", tmp_path)
    private = [
        {**one, "tags": {**one["tags"], "access": "no"}} if one["type"] == "way" else one for one in ROADS
    ]
    serve([TOWN], private)
    with pytest.raises(BadMapFile, match="no drivable road"):
        import_place("Town", "town", tmp_path)


def test_without_a_network_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    import osmnx

    monkeypatch.setattr(osmnx.settings, "nominatim_url", f"http://127.0.0.1:{free_port}/")
    with pytest.raises(Unreachable, match="could not be reached"):
        import_place("Town", "town", tmp_path)


def test_a_service_that_never_finishes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(download, "_graph", lambda place, classes: never.wait())
    with pytest.raises(Unreachable, match=r"did not finish within 0\.05 s"):
        download.download_place("Town", name="town", deadline_s=0.05)
    never.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_answer_that_nobody_can_use_is_not_called_a_late_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_graph", lambda place, classes: {}["elements"])
    with pytest.raises(Unreachable, match="sent what osmnx cannot use"):
        download.download_place("Town", name="town")


def test_a_bad_name_for_the_map_is_refused_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "download_place", lambda *args, **more: pytest.fail("downloaded"))
    with pytest.raises(MapError, match="a map's name is"):
        import_place("Town", "My Town", tmp_path)
