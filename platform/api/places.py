"""Places, for forms that complete while one types: those of the installation's map, or all there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from haoyun.maps.gazetteer.addresses import places_named
from haoyun.maps.gazetteer.geonames import PLACES_ATTRIBUTION
from haoyun.maps.gazetteer.place import Place
from haoyun.maps.gazetteer.places import Gazetteer
from haoyun.maps.geodesy import check_position, haversine_m
from haoyun.platform.api.place_book import place_book
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services

OFFER_REACH_M = 100_000  # farther than this from every place of the map, an offer cannot name a place at all

blueprint = resource("places", "Places")


def position(text: str) -> str:
    """The text if it is a position."""
    _position(text)
    return text


def _position(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
        check_position(lat, lon)
    except ValueError:
        raise ValueError("is not a position such as 29.9,121.8 (WGS-84, latitude first)") from None
    return lat, lon


class PlaceQuery(Input):
    """What was typed so far, in either language, or a code. Empty lists the map's most important places."""

    q: Annotated[str, Field(max_length=60)] = ""
    near: Annotated[
        str | None,
        Field(max_length=50, description="LAT,LON (WGS-84): places close to it come first"),
        AfterValidator(lambda text: text and position(text)),
    ] = None
    scope: Annotated[
        Literal["map", "all"],
        Field(description="map: places that offers may name; all: the whole place book, and addresses"),
    ] = "map"
    limit: Annotated[int, Field(ge=1, le=1000)] = 20


class PlaceOut(Output):
    """A named position (WGS-84)."""

    code: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    rank: int
    kind: Annotated[str, Field(description="city, county, seaport, rail, border, node …")]
    division: Annotated[str, Field(description="GB/T 2260 code, empty outside China")]
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2, empty where not known")]
    distance_m: Annotated[float | None, Field(description="From `near`")]
    offer_code: Annotated[
        str | None, Field(description="What loads and capacities name for it: the closest place of the map")
    ]


class PlacePage(Output):
    """Places, the best match first."""

    items: list[PlaceOut]
    next: str | None
    attribution: Annotated[str, Field(description="Whom to credit where the places are shown")]


@blueprint.get("/places")
@blueprint.input(PlaceQuery, location="query")
@blueprint.output(PlacePage)
@blueprint.doc(summary="Find places", responses=[422, 503])
def find_places(query_data: PlaceQuery) -> object:
    """Places whose name begins so; 503 while the place book is built, at the first use of `scope=all`."""
    near = _position(query_data.near) if query_data.near else None
    gazetteer = services().market.gazetteer
    found = _everywhere if query_data.scope == "all" else _of_the_map
    items = [_item(place, gazetteer, near) for place in found(query_data, near)]
    return {"items": items, "next": None, "attribution": PLACES_ATTRIBUTION}


def _of_the_map(query: PlaceQuery, near: tuple[float, float] | None) -> list[Place]:
    gazetteer = services().market.gazetteer
    if query.q and near is None:
        return gazetteer.search(query.q, query.limit)
    places = gazetteer.search(query.q, len(gazetteer)) if query.q else list(gazetteer.list())
    if near is not None:
        return sorted(places, key=lambda p: haversine_m(*near, p.lat, p.lon))[: query.limit]
    return sorted(places, key=lambda place: (place.rank, place.code))[: query.limit]


def _everywhere(query: PlaceQuery, near: tuple[float, float] | None) -> list[Place]:
    """An address that goes beyond one name (宁波北仑) first, then the matches by name."""
    book = place_book(services().settings.maps_folder)
    if not query.q:
        return []
    matches = [f.place for f in book.search(query.q, query.limit, near)]
    known = {place.code for place in matches}
    addressed = [place for place in places_named(book, query.q) if place.code not in known]
    return [*addressed, *matches][: query.limit]


def _item(place: Place, gazetteer: Gazetteer, near: tuple[float, float] | None) -> dict[str, Any]:
    closest = gazetteer.nearest(place.lat, place.lon)
    reached = haversine_m(place.lat, place.lon, closest.lat, closest.lon) <= OFFER_REACH_M
    return asdict(place) | {
        "distance_m": round(haversine_m(*near, place.lat, place.lon)) if near else None,
        "offer_code": closest.code if reached else None,
    }
