"""Released figures as files for everybody: CSV, GeoJSON and a catalogue in the words of DCAT (pure)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cache
from typing import IO, Any

from haoyun.maps.cities import list_cities
from haoyun.maps.hexagons import cell_of_text, cell_ring
from haoyun.platform.statistics.areas import area_names
from haoyun.platform.statistics.periods import monday
from haoyun.platform.statistics.read import MONTH, WEEK, Figure, Stamp
from haoyun.platform.statistics.series import SHAPES, Series
from haoyun.platform.statistics.words import WORDS

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CAPITAL = 1


def csv_header(series: Series) -> list[str]:
    """The columns; units stand in brackets."""
    return [
        *("period", "first_day", "area", "level", "name_zh", "name_en"),
        f"value [{SHAPES[series].unit}]",
        *("index [first period = 100]", "status", "count at least", "contributors at least"),
    ]


def csv_file(file: IO[bytes], series: Series, figures: Iterable[Figure]) -> None:
    """Write the file; what is withheld has a status and no number. No cell begins a formula."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(csv_header(series))
    for one in figures:
        row = [
            *(one.period, monday(one.first_week).isoformat(), one.area, one.level, *area_names(one.area)),
            *(one.value, one.index, status(one), one.counted or "", one.contributors or ""),
        ]
        writer.writerow([_harmless(cell) for cell in row])
    text.detach()  # flushes, and leaves the file open to whoever opened it


def status(figure: Figure) -> str:
    """``published`` or ``withheld``."""
    return "withheld" if figure.value is None else "published"


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run gets a quote before it; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def geojson(figures: Iterable[Figure], about: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a period: cells as hexagons, divisions as their capitals, lanes as lines between those.

    Divisions have no borders here (docs/decisions/0018). What is all over the place has no geometry.
    """
    features = [
        {
            "type": "Feature",
            "id": one.area,
            "geometry": geometry(one),
            "properties": {
                "area": one.area,
                "level": one.level,
                "period": one.period,
                "name_zh": area_names(one.area)[0],
                "name_en": area_names(one.area)[1],
                "value": one.value,
                "status": status(one),
                "count_at_least": one.counted or None,
                "contributors_at_least": one.contributors or None,
            },
        }
        for one in figures
    ]
    return {"type": "FeatureCollection", **about, "features": features}


def geometry(figure: Figure) -> dict[str, Any] | None:
    """Where an area is."""
    if figure.level == "cell":
        ring = [
            [round(float(lon), 6), round(float(lat), 6)] for lat, lon in cell_ring(cell_of_text(figure.area))
        ]
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]] if ring[0] != ring[-1] else ring]}
    if figure.level == "division":
        capital = _capitals().get(figure.area)
        return {"type": "Point", "coordinates": capital} if capital else None
    if figure.level == "lane":
        ends = [_capitals().get(part) for part in figure.area.split(">")]
        if None in ends:
            return None
        if ends[0] == ends[1]:
            return {"type": "Point", "coordinates": ends[0]}
        return {"type": "LineString", "coordinates": ends}
    return None


@cache
def _capitals() -> Mapping[str, list[float]]:
    """[lon, lat] of the capital of each division."""
    return {f"{c.adcode[:2]}0000": [c.lon, c.lat] for c in reversed(list_cities()) if c.rank == _CAPITAL}


def catalogue(root: str, stamps: Mapping[Series, Stamp | None], credit: str, demo: bool) -> dict[str, Any]:
    """All series as a DCAT catalogue; `root` is the address of ``/api/v1/statistics``."""
    note = "Demonstration: every figure is made up. " if demo else ""
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
        },
        "@type": "dcat:Catalog",
        "dct:title": {"en": "Freight market figures", "zh": "货运市场统计"},
        "dct:description": f"{note}Figures that tell of fewer organizations than the rule asks for are withheld.",
        "dct:license": LICENCE,
        "dct:rights": credit,
        "dcat:dataset": [_dataset(root, series, stamp) for series, stamp in stamps.items()],
    }


def _dataset(root: str, series: Series, stamp: Stamp | None) -> dict[str, Any]:
    (title_zh, title_en), (zh, en) = WORDS[series]
    files = [
        (f"{root}/{series}.csv?every={every}", "text/csv", f"{title_en}, each {every}")
        for every in (WEEK, MONTH)
    ]
    files.append((f"{root}/{series}.geojson", "application/geo+json", f"{title_en}, newest week"))
    return {
        "@type": "dcat:Dataset",
        "@id": f"{root}/{series}",
        "dct:identifier": series.value,
        "dct:title": {"en": title_en, "zh": title_zh},
        "dct:description": {"en": en, "zh": zh},
        "dct:license": LICENCE,
        "dct:accrualPeriodicity": "http://purl.org/cld/freq/weekly",
        "dct:modified": stamp.released_at.isoformat() if stamp else None,
        "unit": SHAPES[series].unit,
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": url,
                "dcat:mediaType": kind,
                "dct:title": title,
            }
            for url, kind, title in files
        ],
    }
