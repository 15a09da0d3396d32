"""Figures of the market for everybody, and as files; nothing here is anybody's own."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Literal

from flask import Response, jsonify, request, send_file
from pydantic import Field

from haoyun.platform.api.language import language, text
from haoyun.platform.api.resource import PREFIX, Input, Output, resource
from haoyun.platform.market.errors import NotFound
from haoyun.platform.services import Services, services
from haoyun.platform.statistics.areas import EVERYWHERE, area_names
from haoyun.platform.statistics.export import LICENCE, catalogue, csv_file, geojson, status
from haoyun.platform.statistics.kept_files import kept_file
from haoyun.platform.statistics.periods import monday
from haoyun.platform.statistics.read import (
    Figure,
    Stamp,
    everything,
    history,
    latest_period,
    of_period,
    stamp_of,
)
from haoyun.platform.statistics.series import SHAPES, Series
from haoyun.platform.statistics.words import definition, title

blueprint = resource("statistics", "Statistics")
GEOJSON = "application/geo+json"
_MINUTE_S = 60

Every = Annotated[Literal["week", "month"], Field(description="weeks, or the months they make up")]
Period = Annotated[
    str | None, Field(pattern=r"^\d{4}-(W\d{2}|\d{2})$", description="such as 2026-W21 or 2026-05")
]


class HistoryQuery(Input):
    """Which area, and how far back."""

    area: Annotated[
        str, Field(max_length=20, description="all, a division, a lane as 310000>510000, or a cell")
    ] = EVERYWHERE
    every: Every = "week"
    limit: Annotated[int, Field(ge=1, le=520, description="So many of the last periods")] = 104


class PeriodQuery(Input):
    """Which period; without one the newest."""

    period: Period = None
    every: Every = "week"


class EveryQuery(Input):
    """Weeks or months."""

    every: Every = "week"


class FigureOut(Output):
    """A figure; `value` null: withheld. Counts are lower ends of classes."""

    period: str
    first_day: date
    area: str
    level: str
    name: str
    value: float | None
    index: float | None
    status: Literal["published", "withheld"]
    count_at_least: int | None
    contributors_at_least: int | None


class SeriesOut(Output):
    """What is published."""

    series: Series
    title: str
    definition: str
    unit: str
    latest_week: str | None
    latest_month: str | None
    licence: str


class SeriesList(Output):
    """All series."""

    items: list[SeriesOut]


class FigureList(Output):
    """Figures of one series."""

    series: Series
    unit: str
    licence: str
    items: list[FigureOut]


@blueprint.get("/statistics")
@blueprint.output(SeriesList)
@blueprint.doc(summary="All public series", tags=["Statistics"])
def list_series() -> object:
    """What is published, in the caller's language, and the newest periods."""
    with services().read() as db:
        items = [
            {
                "series": series,
                "title": title(series, language()),
                "definition": definition(series, language()),
                "unit": SHAPES[series].unit,
                "latest_week": latest_period(db, series),
                "latest_month": latest_period(db, series, "month"),
                "licence": LICENCE,
            }
            for series in Series
        ]
    return {"items": items}


@blueprint.get("/statistics/catalog.jsonld")
@blueprint.doc(summary="All series as a DCAT catalogue")
def get_catalogue() -> Response:
    """Metadata of the open data in the words of DCAT."""
    found = services()
    with found.read() as db:
        stamps = {series: stamp_of(db, [series]) for series in Series}
    root = f"{request.host_url.rstrip('/')}{PREFIX}/statistics"
    answer = jsonify(catalogue(root, stamps, credit(found), found.settings.demo))
    answer.mimetype = "application/ld+json"
    newest = max((stamp for stamp in stamps.values() if stamp), key=lambda s: s.released_at, default=None)
    numbers = "-".join(str(stamp.number) for stamp in stamps.values() if stamp) + language()
    return _fresh(answer, newest, numbers)


@blueprint.get("/statistics/<series>")
@blueprint.input(HistoryQuery, location="query")
@blueprint.output(FigureList)
@blueprint.doc(summary="The history of an area", responses=[404, 422])
def get_history(series: str, query_data: HistoryQuery) -> object:
    """The figures of one area, the oldest first, with the chained index where there is one."""
    wanted = known(series)
    with services().read() as db:
        found = history(db, wanted, query_data.area, query_data.every, query_data.limit)
    return _list(wanted, found)


@blueprint.get("/statistics/<series>/areas")
@blueprint.input(PeriodQuery, location="query")
@blueprint.output(FigureList)
@blueprint.doc(summary="Every area of a period", responses=[404, 422])
def get_areas(series: str, query_data: PeriodQuery) -> object:
    """The figures of all areas in one period, without an index; those withheld come last."""
    wanted = known(series)
    with services().read() as db:
        period = query_data.period or latest_period(db, wanted, query_data.every)
        found = of_period(db, wanted, period) if period else []
    return _list(wanted, found)


@blueprint.get("/statistics/<series>.csv")
@blueprint.input(EveryQuery, location="query")
@blueprint.doc(summary="A whole series as CSV", responses=[404, 422])
def get_csv(series: str, query_data: EveryQuery) -> Response:
    """All areas and periods; units stand in the header."""
    wanted, found, every = known(series), services(), query_data.every
    with found.read() as db:
        stamp = stamp_of(db, [wanted])
        path = kept_file(
            found.settings.data / "statistics",
            f"{wanted}-{every}.csv",
            f"v{stamp.number if stamp else 0}",
            lambda file: csv_file(file, wanted, everything(db, wanted, every)),
        )
    answer = send_file(
        path.resolve(),
        mimetype="text/csv; charset=utf-8; header=present",
        as_attachment=True,
        download_name=f"{wanted}-{every}.csv",
        conditional=False,
    )
    return _fresh(answer, stamp, every)


@blueprint.get("/statistics/<series>.geojson")
@blueprint.input(PeriodQuery, location="query")
@blueprint.doc(summary="A period as GeoJSON", responses=[404, 422])
def get_geojson(series: str, query_data: PeriodQuery) -> Response:
    """Cells as hexagons, divisions as the points of their capitals, lanes as lines between those."""
    wanted, found = known(series), services()
    with found.read() as db:
        stamp = stamp_of(db, [wanted])
        period = query_data.period or latest_period(db, wanted, query_data.every)
        figures = of_period(db, wanted, period) if period else []
    about = {
        "series": wanted.value,
        "title": title(wanted, language()),
        "unit": SHAPES[wanted].unit,
        "period": period,
        "license": LICENCE,
        "attribution": credit(found),
    }
    answer = jsonify(geojson(figures, about))
    answer.mimetype = GEOJSON
    return _fresh(answer, stamp, f"{period}-{language()}")


def known(series: str) -> Series:
    """The series of that name. Raises NotFound."""
    if series not in list(Series):
        raise NotFound
    return Series(series)


def credit(found: Services) -> str:
    """Whom to name beside the figures: the market itself, and whose roads the kilometres were measured on."""
    return text("statistics_credit", {"roads": found.market.network.attribution})


def _list(series: Series, found: list[Figure]) -> dict[str, Any]:
    items = [
        {
            "period": one.period,
            "first_day": monday(one.first_week),
            "area": one.area,
            "level": one.level,
            "name": area_names(one.area)[0 if language() == "zh" else 1],
            "value": one.value,
            "index": one.index,
            "status": status(one),
            "count_at_least": one.counted or None,
            "contributors_at_least": one.contributors or None,
        }
        for one in found
    ]
    return {"series": series, "unit": SHAPES[series].unit, "licence": LICENCE, "items": items}


def _fresh(answer: Response, stamp: Stamp | None, what: str) -> Response:
    """Let caches ask whether it changed: only a release changes it."""
    answer.headers["Cache-Control"] = f"public, max-age={_MINUTE_S}"
    answer.headers["Link"] = f'<{LICENCE}>; rel="license"'
    if stamp is None:
        return answer
    answer.set_etag(_tag(stamp, what))
    answer.last_modified = stamp.released_at
    answer.make_conditional(request)
    return answer


def _tag(stamp: Stamp, what: str) -> str:
    said = f"{request.path}-{what}-{stamp.number}-{stamp.released_at.isoformat()}"
    return hashlib.sha256(said.encode()).hexdigest()[:20]
