"""Tiles over HTTP: compressed as they lie in the file, conditional, cacheable; and base maps of other makers."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from haoyun.maps.catalog import keep_map
from haoyun.maps.crs import Crs, to_wgs84
from haoyun.maps.tiles.tilegrid import tile_at
from haoyun.maps.tiles.tileset import build_tiles, tile_paths
from haoyun.maps.trunk import trunk_network
from haoyun.platform.portal.app import create_app
from haoyun.platform.settings import Settings

SHANGHAI = tile_at(31.23, 121.47, 6)
PATH = f"/maps/trunk/{SHANGHAI.z}/{SHANGHAI.x}/{SHANGHAI.y}.mvt"


def test_a_tile_goes_out_as_it_lies_in_the_file_and_plain_to_those_without_gzip(client: FlaskClient) -> None:
    zipped = client.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert zipped.status_code == 200
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.mimetype == "application/vnd.mapbox-vector-tile"
    plain = client.get(PATH, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(zipped.data) == plain.data
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in (zipped, plain))
    assert "Set-Cookie" not in zipped.headers


def test_a_known_tile_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get(PATH)
    assert "max-age=" in first.headers["Cache-Control"] and "public" in first.headers["Cache-Control"]
    again = client.get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    other = client.get(f"/maps/trunk/7/{SHANGHAI.x * 2}/{SHANGHAI.y * 2}.mvt")
    assert other.headers["ETag"] != first.headers["ETag"]
    assert client.get(PATH, headers={"If-None-Match": other.headers["ETag"]}).status_code == 200


def test_an_empty_tile_is_204_and_cacheable(client: FlaskClient) -> None:
    empty = client.get("/maps/trunk/6/0/0.mvt")
    assert (empty.status_code, empty.data) == (204, b"")
    assert "max-age=" in empty.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/maps/elsewhere/6/0/0.mvt",
        "/maps/..%2Ftrunk/6/0/0.mvt",
        "/maps/trunk/6/64/0.mvt",
        "/maps/trunk/25/0/0.mvt",
        "/maps/trunk/land/6/0/0.mvt",
        "/maps/trunk/land.json",
    ],
)
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_other_imported_maps_are_served_too_and_anew_after_an_import(
    client: FlaskClient, data_folder: Path
) -> None:
    network = trunk_network()
    folder = data_folder / "maps"
    other = replace(network, name="other")
    keep_map(other, folder)
    path = PATH.replace("trunk", "other")
    assert client.get(path).status_code == 404, "a map without tiles"
    build_tiles(other, folder)
    first = client.get(path)
    assert first.status_code == 200
    build_tiles(other, folder)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_new_tiles_of_the_roads_are_seen_beside_land_that_stays(
    client: FlaskClient, data_folder: Path
) -> None:
    folder = data_folder / "maps"
    other = replace(trunk_network(), name="other")
    keep_map(other, folder)
    build_tiles(other, folder)
    roads, land = tile_paths("other", folder)
    land.write_bytes(roads.read_bytes())
    path = PATH.replace("trunk", "other")
    first = client.get(path)
    build_tiles(other, folder)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_other_map_programs_find_everything_in_the_tilejson(client: FlaskClient) -> None:
    about = client.get("/maps/trunk/roads.json").get_json()
    assert about["tilejson"] == "3.0.0"
    address = about["tiles"][0]
    assert address.startswith("http") and address.endswith("/maps/trunk/{z}/{x}/{y}.mvt")
    assert (about["minzoom"], about["maxzoom"]) == (0, 9)
    assert "GeoNames" in about["attribution"]
    assert {layer["id"] for layer in about["vector_layers"]} == {"roads", "places"}


def base_of(response: TestResponse) -> dict[str, Any]:
    (data,) = re.findall(r'data-base="([^"]*)"', response.get_data(as_text=True))
    return orjson.loads(data.replace("&#34;", '"').replace("&amp;", "&"))


def test_a_page_draws_our_own_tiles_and_nothing_of_another_host(client: FlaskClient) -> None:
    page = client.get("/loads")
    url = base_of(page)["tiles"]["roads"]["url"]
    assert url.startswith("/maps/trunk/{z}/{x}/{y}.mvt?v=")
    assert "://" not in page.headers["Content-Security-Policy"]


def app_with(world: Any, **settings: Any) -> FlaskClient:
    known = world.services.settings
    return create_app(Settings(data=known.data, **settings), world.services.databases).test_client()


RASTER = {
    "map_raster_url": "https://tiles.example.cn/{z}/{x}/{y}.png",
    "map_attribution": "某某地图 审图号 GS(2026)0000号",
    "map_crs": "gcj02",
}


def test_a_chosen_base_map_is_credited_allowed_and_nothing_else_is(world: Any) -> None:
    page = app_with(world, **RASTER).get("/loads")
    policy = page.headers["Content-Security-Policy"]
    assert "https://tiles.example.cn" in policy and policy.count("https://") == 2  # img-src and connect-src
    assert "script-src 'self'" in policy and "审图号" in page.get_data(as_text=True)
    (credit,) = re.findall(r'data-attribution="([^"]*)"', page.get_data(as_text=True))
    assert "审图号" in credit and "GeoNames" in credit, "our lanes on it come from our network"
    base = base_of(page)
    assert (base["raster"], base["tiles"]) == (RASTER["map_raster_url"], {})


def test_what_is_drawn_on_a_gcj02_map_is_shifted_and_the_api_is_not(world: Any) -> None:
    def features(client: FlaskClient) -> list[Any]:
        return client.get("/loads/map.json").get_json()["features"]

    ours, shifted = features(world.app.test_client()), features(app_with(world, **RASTER))
    pairs = [
        (a["geometry"]["coordinates"], b["geometry"]["coordinates"])
        for a, b in zip(ours, shifted, strict=True)
        if a["geometry"]["type"] == "Point"
    ]
    assert pairs
    for (lon, lat), (lon_g, lat_g) in pairs:
        assert (lon, lat) != (lon_g, lat_g)
        assert to_wgs84(lat_g, lon_g, Crs.GCJ02) == pytest.approx((lat, lon), abs=2e-5)
    load = world.loads[0]
    answer = app_with(world, **RASTER).get(f"/api/v1/loads/{load.id}")
    assert answer.status_code in {200, 401}
    if answer.status_code == 200:
        assert answer.get_json()["origin"]["lat"] == pytest.approx(load.origin.lat)


def test_a_style_of_another_maker_may_load_from_the_hosts_named_for_it(world: Any) -> None:
    client = app_with(
        world,
        map_style_url="https://maps.example.com/style.json",
        map_hosts="https://tiles.example.com, https://fonts.example.com",
        map_attribution="© Example",
    )
    page = client.get("/loads")
    for host in ("maps", "tiles", "fonts"):
        assert f"https://{host}.example.com" in page.headers["Content-Security-Policy"]
    assert base_of(page)["style"] == "https://maps.example.com/style.json"
