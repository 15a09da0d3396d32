"""Public figures: the overview, a series with its areas, the map as a picture."""

from __future__ import annotations

from typing import IO, Any

import sqlalchemy as sa
from flask import Response, render_template, request, send_file
from flask_babel import lazy_gettext as _l

from haoyun.platform.api.statistics import known
from haoyun.platform.market.errors import NotFound
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group
from haoyun.platform.portal.series_chart import series_chart
from haoyun.platform.services import Services, services
from haoyun.platform.statistics.areas import EVERYWHERE, area_names
from haoyun.platform.statistics.export import LICENCE, geometry
from haoyun.platform.statistics.keeper import rule_of
from haoyun.platform.statistics.kept_files import kept_file
from haoyun.platform.statistics.read import (
    MONTH,
    WEEK,
    Figure,
    areas_of,
    history,
    latest_period,
    of_period,
    stamp_of,
)
from haoyun.platform.statistics.release import FINAL_DAYS
from haoyun.platform.statistics.series import PRICES, SHAPES, Series
from haoyun.platform.statistics.words import WORDS, definition, title

blueprint = page_group("statistics")
_SHOWN = {WEEK: 52, MONTH: 36}
_UNITS = {
    "CNY/km": _l("¥/km"),
    "loads/truck": _l("loads per truck"),
    "%": "%",
    "h": _l("hours"),
}
_SHORT = {**_UNITS, "loads/truck": "", "h": _l("h")}  # beside a number


@blueprint.get("/statistics")
def index() -> str:
    """All series over the last year, and the map of loads and trucks."""
    found = services()
    with found.read() as db:
        histories = {series: history(db, series, EVERYWHERE, WEEK, _SHOWN[WEEK]) for series in Series}
        cells = _newest_cells(db)
    cards = [_card(series, histories) for series in Series if series is not Series.ASK]
    return render_template(
        "statistics.html",
        cards=cards,
        cells=cells,
        map_period=cells[0].period if cells else None,
        **_frame(found),
    )


@blueprint.get("/statistics/<series>")
def show(series: str) -> str:
    """One series: an area over time, and every area of the newest period."""
    wanted, found = known(series), services()
    every = MONTH if request.args.get("every") == MONTH else WEEK
    with found.read() as db:
        areas = [EVERYWHERE, *areas_of(db, wanted, SHAPES[wanted].levels)]
        area = request.args.get("area", EVERYWHERE)
        if area not in areas:
            area = EVERYWHERE
        figures = history(db, wanted, area, every, _SHOWN[every])
        period = latest_period(db, wanted, every)
        newest = of_period(db, wanted, period) if period else []
    what = "index" if wanted in PRICES else "value"
    return render_template(
        "statistics_series.html",
        series=wanted,
        title=title(wanted, language()),
        definition=definition(wanted, language()),
        unit=_UNITS[SHAPES[wanted].unit],
        short=_SHORT[SHAPES[wanted].unit],
        has_index=wanted in PRICES,
        areas=[(key, area_name(key)) for key in areas],
        area=area,
        every=every,
        period=period,
        figures=figures,
        newest=[one for one in newest if one.value is not None],
        withheld=sum(1 for one in newest if one.value is None),
        chart=series_chart([("main", figures)], what),
        **_frame(found),
    )


@blueprint.get("/statistics/ratio/<period>.png")
def picture(period: str) -> Response:
    """Loads for each truck in H3 cells, drawn once for each release and language."""
    found, lang = services(), language()
    with found.read() as db:
        cells = [one for one in of_period(db, Series.RATIO, period, "cell") if one.value]
        stamp = stamp_of(db, [Series.RATIO])
    if not cells or stamp is None:
        raise NotFound
    path = kept_file(
        found.settings.data / "statistics",
        f"ratio-{period}-{lang}.png",
        f"v{stamp.number}",
        lambda file: _draw(found, cells, lang, file),
    )
    return send_file(path.resolve(), mimetype="image/png", max_age=3600, conditional=True)


def area_name(key: str) -> str:
    """An area in the reader's language."""
    return area_names(key)[0 if language() == "zh" else 1]


def _newest_cells(db: sa.Connection) -> list[Figure]:
    period = latest_period(db, Series.RATIO)
    found = of_period(db, Series.RATIO, period, "cell") if period else []
    return [one for one in found if one.value]


def _card(series: Series, histories: dict[Series, list[Figure]]) -> dict[str, Any]:
    figures = histories[series]
    lines = [("main", figures)]
    if series is Series.PRICE:
        lines.append(("other", histories[Series.ASK]))
    last = next((one for one in reversed(figures) if one.value is not None), None)
    return {
        "series": series,
        "title": title(series, language()),
        "definition": definition(series, language()),
        "unit": _UNITS[SHAPES[series].unit],
        "short": _SHORT[SHAPES[series].unit],
        "figures": figures,
        "last": last,
        "chart": series_chart(lines, "index" if series in PRICES else "value"),
        "asks": histories[Series.ASK] if series is Series.PRICE else [],
    }


def _frame(found: Services) -> dict[str, Any]:
    settings = found.settings
    return {
        "rule": rule_of(settings),
        "settle_days": settings.statistics_settle_days,
        "final_days": FINAL_DAYS,
        "licence": LICENCE,
        "credit": gettext(
            "Haoyun freight market figures; distances: %(roads)s",
            roads=gettext(found.market.network.attribution),
        ),
        "area_name": area_name,
        "all_series": [(one, title(one, language())) for one in Series],
    }


def _draw(found: Services, cells: list[Figure], lang: str, file: IO[bytes]) -> None:
    import geopandas as gpd  # noqa: PLC0415 - half a second to import, needed here only
    import shapely  # noqa: PLC0415

    from haoyun.maps.analysis import ratio_figure, save_figure  # noqa: PLC0415

    shapes = [shapely.geometry.shape(geometry(one)) for one in cells]
    frame = gpd.GeoDataFrame({"value": [one.value for one in cells]}, geometry=shapes, crs="EPSG:4326")
    (zh, en), _ = WORDS[Series.RATIO]
    period = cells[0].period
    figure = ratio_figure(frame, found.market.network, (f"{zh} {period}", f"{en} {period}"), lang=lang)
    save_figure(figure, file)
