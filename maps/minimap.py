"""A small map as SVG, made on the server: for the public tracking page and browsers without WebGL.

Colours come from the page: roads, route and points carry CSS classes (`mm-road`, `mm-route`, ...) and
default to shades of currentColor, and the variables --mm-route, --mm-halo, --mm-origin, --mm-destination and
--mm-vehicle win, so light and dark themes both work. Kinds of points differ in shape as well as in colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.geodesy import as_line, check_position
from haoyun.maps.geojson import drawn_edges
from haoyun.maps.network import RoadNetwork
from haoyun.maps.scale import length_words, round_number
from haoyun.maps.tiles.tilegrid import EARTH_EQUATOR_M

FloatArray = NDArray[np.float64]

POINT_KINDS = ("origin", "destination", "vehicle", "stop")
_MARGIN_SHARE = 0.12  # of the shown extent, on each side
_SMALLEST_VIEW_DEG = 0.01  # a parked truck still gets a view of about a kilometre
_MOST_ROADS = 3000  # keeps the SVG under about 150 kB
_MAIN_ROADS = frozenset({"motorway", "trunk"})
_SMALL_PT, _LINE_PX = 9, 11  # of the attribution
_BAR_SHARE = 0.22  # of the width that a scale bar may take
_COLOURS = {"origin": "#1a7f37", "destination": "#b3261e", "vehicle": "#1763d1"}
_HALO = 'paint-order="stroke" stroke="var(--mm-halo, transparent)" stroke-width="3" stroke-linejoin="round"'
_CLASS_ORDER = ("motorway", "trunk", "primary", "secondary", "tertiary")


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A marked position; `kind` decides its CSS class (`mm-origin`, `mm-vehicle`, ...)."""

    lat: float
    lon: float
    label: str = ""
    kind: str = "stop"

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)
        if self.kind not in POINT_KINDS:
            raise ValueError(f"a map point is one of {', '.join(POINT_KINDS)}, not {self.kind!r}")


@dataclass(frozen=True, slots=True)
class _View:
    """Mercator projection of a box of degrees onto width x height pixels."""

    west: float
    top: float
    scale: float
    width_px: int
    height_px: int

    def project(self, line: FloatArray) -> FloatArray:
        x = (line[:, 1] - self.west) * self.scale
        y = (self.top - _mercator(line[:, 0])) * self.scale
        return np.column_stack([x, y])


def route_svg(
    network: RoadNetwork,
    coordinates: ArrayLike,
    *,
    points: Sequence[MapPoint] = (),
    width_px: int = 640,
    height_px: int = 360,
    labels: bool = True,
    lang: str = "zh",
    title: str = "",
    attribution: str = "",
) -> str:
    """One <svg> element: the network's roads in view, the route ((lat, lon) rows, may be empty), the points
    with their labels, the network's place names if `labels` (in `lang` "zh" or "en"), a scale bar, and always
    the attribution (the network's own words unless `attribution` says them in another language).

    Raises ValueError if there is neither a route nor a point to show.
    """
    route = np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)
    shown = np.concatenate([route, [(p.lat, p.lon) for p in points]]) if points else route
    if len(shown) == 0:
        raise ValueError("a mini-map needs a route or at least one point")
    view = _view_of(as_line(shown), width_px, height_px)
    parts = [_roads(network, view), _route(view, route)]
    parts += [_place_names(network, view, points, lang)] if labels else []
    parts += [_point(view, point) for point in points]
    name = escape(title or "map")
    credit = _wrapped(attribution.strip() or network.attribution, width_px - 8)
    parts += [_scale_bar(view, lang, len(credit)), _attribution(view, credit)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="minimap" role="img" aria-label='
        f'"{name}" viewBox="0 0 {width_px} {height_px}" width="{width_px}" height="{height_px}"'
        f' font-family="system-ui, sans-serif" font-size="11">{"".join(parts)}</svg>'
    )


def _mercator(lat: ArrayLike) -> FloatArray:
    """Mercator northing in degrees of longitude."""
    return np.asarray(np.degrees(np.arctanh(np.sin(np.radians(np.clip(lat, -85, 85))))))


def _view_of(shown: FloatArray, width_px: int, height_px: int) -> _View:
    north = _mercator(shown[:, 0])
    centre_x, centre_y = (shown[:, 1].min() + shown[:, 1].max()) / 2, (north.min() + north.max()) / 2
    grow = 1 + 2 * _MARGIN_SHARE
    span_x = max(float(np.ptp(shown[:, 1])), _SMALLEST_VIEW_DEG) * grow
    span_y = max(float(np.ptp(north)), _SMALLEST_VIEW_DEG) * grow
    scale = min(width_px / span_x, height_px / span_y)
    west, top = centre_x - width_px / scale / 2, centre_y + height_px / scale / 2
    return _View(float(west), float(top), float(scale), width_px, height_px)


def _roads(network: RoadNetwork, view: _View) -> str:
    edges = sorted(_edges_in_view(network, view), key=lambda edge: _importance(network, edge))[:_MOST_ROADS]
    # On a schematic map all roads are main roads: one look for all of them.
    streets = network.kind == "streets"
    main = [edge for edge in edges if streets and network.edge_class[edge] in _MAIN_ROADS]
    others = [edge for edge in edges if not streets or network.edge_class[edge] not in _MAIN_ROADS]
    return _road_path(network, view, others, "mm-road", 0.25, 1) + _road_path(
        network, view, main, "mm-road mm-main", 0.4, 1.8
    )


def _road_path(
    network: RoadNetwork, view: _View, edges: list[int], css: str, opacity: float, width: float
) -> str:
    data = "".join(_path_data(view.project(network.edge_line(edge))) for edge in edges)
    style = f'fill="none" stroke="currentColor" stroke-opacity="{opacity}" stroke-width="{width}"'
    return f'<path class="{css}" {style} d="{data}"/>' if data else ""


def _edges_in_view(network: RoadNetwork, view: _View) -> list[int]:
    edges = drawn_edges(network)
    pixels = view.project(np.column_stack([network.node_lat, network.node_lon]))
    tails, heads = pixels[network.edge_tail[edges]], pixels[network.edge_head[edges]]
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    seen = (high >= 0).all(axis=1) & (low <= (view.width_px, view.height_px)).all(axis=1)
    return [int(edge) for edge in edges[seen]]


def _importance(network: RoadNetwork, edge: int) -> tuple[int, float]:
    highway = network.edge_class[edge]
    order = _CLASS_ORDER.index(highway) if highway in _CLASS_ORDER else len(_CLASS_ORDER)
    return order, -float(network.edge_length_m[edge])


def _path_data(pixels: FloatArray) -> str:
    """Points that fall into the same half pixel as the one before add nothing."""
    steps = np.abs(np.diff(pixels, axis=0)).max(axis=1)
    keep = np.concatenate([[True], steps > 0.5])
    keep[-1] = True
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in pixels[keep])


def _route(view: _View, route: FloatArray) -> str:
    if len(route) < 2:
        return ""
    data = _path_data(view.project(route))
    style = 'fill="none" stroke-linejoin="round" stroke-linecap="round"'
    return (
        f'<path class="mm-casing" {style} stroke="var(--mm-halo, transparent)" stroke-width="7" d="{data}"/>'
        f'<path class="mm-route" {style} stroke="var(--mm-route, #1763d1)" stroke-width="3.5" d="{data}"/>'
    )


def _place_names(network: RoadNetwork, view: _View, points: Sequence[MapPoint], lang: str) -> str:
    """Names in order of rank, leaving out those that would overlap a point or a name already placed."""
    named = [(name.rank, i, name) for i, name in enumerate(network.node_name) if name is not None]
    taken = [tuple(view.project(np.array([(point.lat, point.lon)]))[0]) for point in points]
    parts = []
    for _, node, name in sorted(named, key=lambda item: item[:2]):
        x, y = view.project(np.array([network.position(node)]))[0]
        inside = 10 < x < view.width_px - 40 and 14 < y < view.height_px - 20
        text = (name.zh if lang == "zh" else name.en) or name.en or name.zh
        room = max(60.0, _text_px(text, 11) + 8)
        if inside and all(abs(x - a) > room or abs(y - b) > 16 for a, b in taken):
            taken.append((x, y))
            dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
            parts.append(f'{dot}<text x="{x + 5:.1f}" y="{y - 4:.1f}" {_HALO}>{escape(text)}</text>')
    return f'<g class="mm-place" fill="currentColor" opacity="0.8">{"".join(parts)}</g>'


def _point(view: _View, point: MapPoint) -> str:
    x, y = view.project(np.array([(point.lat, point.lon)]))[0]
    colour = f"var(--mm-{point.kind}, {_COLOURS.get(point.kind, '#6b6f76')})"
    anchor, dx = ("end", -11) if x > view.width_px * 0.75 else ("start", 11)
    label = (
        f'<text x="{x + dx:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}" font-size="12" font-weight="600"'
        f' fill="currentColor" {_HALO}>{escape(point.label)}</text>'
        if point.label
        else ""
    )
    return (
        f'<g class="mm-point mm-{point.kind}"><circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{colour}"'
        f' stroke="#fff" stroke-width="2"/>{_sign(point.kind, x, y)}{label}</g>'
    )


def _sign(kind: str, x: float, y: float) -> str:
    """What tells the kinds apart without colours: a dot, a square, an arrowhead."""
    if kind == "destination":
        return f'<rect x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5" fill="#fff"/>'
    if kind == "vehicle":
        return f'<path d="M{x - 2:.1f},{y - 3:.1f}l5,3l-5,3z" fill="#fff"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="#fff"/>' if kind == "origin" else ""


def _scale_bar(view: _View, lang: str, credit_lines: int) -> str:
    """Measured at the middle of the view; stands above the attribution."""
    middle = view.top - view.height_px / view.scale / 2
    lat = np.degrees(np.arctan(np.sinh(np.radians(middle))))
    metre_px = view.scale * 360 / (EARTH_EQUATOR_M * float(np.cos(np.radians(lat))))
    length_m = round_number(view.width_px * _BAR_SHARE / metre_px)
    width, y = length_m * metre_px, view.height_px - 10 - credit_lines * _LINE_PX
    return (
        f'<g class="mm-scale" fill="none" stroke="currentColor"><path d="M8,{y - 4:.1f}v4h{width:.1f}v-4"/>'
        f'<text x="{8 + width / 2:.1f}" y="{y - 5:.1f}" text-anchor="middle" font-size="10" fill="currentColor"'
        f" {_HALO}>{length_words(length_m, lang)}</text></g>"
    )


def _attribution(view: _View, lines: list[str]) -> str:
    last = view.height_px - 5
    texts = "".join(
        f'<text class="mm-attribution" x="{view.width_px - 4}" y="{last - (len(lines) - 1 - i) * _LINE_PX}"'
        f' text-anchor="end" font-size="{_SMALL_PT}" fill="currentColor" {_HALO}>{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    return f'<g opacity="0.8">{texts}</g>'


def _wrapped(text: str, width_px: float) -> list[str]:
    """Lines that fit; broken between words, and within Chinese anywhere."""
    lines, used = [""], 0.0
    for word in re.findall(r"[^\s\u2e80-\uffef]+\s*|[\u2e80-\uffef]\s*", text):
        width = _text_px(word, _SMALL_PT)
        if used + width > width_px and lines[-1]:
            lines, used = [*lines, ""], 0.0
        lines[-1] += word
        used += width
    return [line.strip() for line in lines]


def _text_px(text: str, size_px: float) -> float:
    """About how wide a text is drawn: Chinese letters are square, Latin ones a little over half as wide."""
    return sum(size_px if "\u2e80" <= letter <= "\uffef" else size_px * 0.56 for letter in text)
