"""Places of the installation's map, for forms that complete while one types."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services

blueprint = resource("places", "Places")


class PlaceQuery(Input):
    """The beginning of a name in either language, or of a code; empty lists the most important places."""

    q: Annotated[str, Field(max_length=60)] = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 20


class PlaceOut(Output):
    """A named position; `code` is what loads and capacities name."""

    code: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    rank: int


class PlacePage(Output):
    """Places, the most important first."""

    items: list[PlaceOut]
    next: str | None


@blueprint.get("/places")
@blueprint.input(PlaceQuery, location="query")
@blueprint.output(PlacePage)
@blueprint.doc(summary="Find places", responses=[422])
def find_places(query_data: PlaceQuery) -> object:
    """Places whose name begins so."""
    gazetteer = services().market.gazetteer
    if query_data.q:
        found = gazetteer.search(query_data.q, query_data.limit)
    else:
        found = sorted(gazetteer.list(), key=lambda place: (place.rank, place.code))[: query_data.limit]
    return {"items": found, "next": None}
