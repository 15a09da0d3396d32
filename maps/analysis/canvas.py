"""The sheet that pictures are drawn on: roads as ground, title, scale bar, attribution; no border of any state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.analysis.projection import frame_crs, project
from haoyun.maps.geojson import drawn_edges
from haoyun.maps.network import RoadNetwork
from haoyun.maps.scale import length_words, round_number
from haoyun.maps.tiles.tiles import class_zoom

if TYPE_CHECKING:
    import geopandas as gpd

LANGUAGES = ("zh", "en")
INK, MUTED, PAPER, ROAD = "#14202b", "#536070", "#f3f6f7", "#c3ced5"
TEAL, ORANGE = "#0b6b5d", "#c8621b"
SIZE_IN = (10.0, 7.2)
_BOX = (0.0, 0.055, 1.0, 0.835)  # of the map in the sheet: left, bottom, width, height
_MARGIN = 0.08
_SMALLEST_M = 2_000.0  # a single point still gets a map
_MOST_ROADS, _MOST_NAMES = 12_000, 60
# Fonts with Chinese letters on Linux, macOS and Windows, the first one found is used.
_CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti",
    "Microsoft YaHei", "SimHei", "Noto Serif CJK SC", "SimSun",
)  # fmt: skip

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A sheet ready to draw on. `lang` is "en" where Chinese was asked for and no font can write it."""

    figure: Any
    axes: Any
    crs: str
    lang: str

    def word(self, zh: str, en: str) -> str:
        """The word of the sheet's language."""
        return zh if self.lang == "zh" else en


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """The name of an installed font that can write Chinese, None if there is none."""
    from matplotlib import font_manager  # noqa: PLC0415 - only for pictures

    installed = set(font_manager.get_font_names())
    return next((name for name in _CHINESE_FONTS if name in installed), None)


def new_canvas(network: RoadNetwork, frame: gpd.GeoDataFrame, titles: tuple[str, str], lang: str) -> Canvas:
    """A sheet around a result: ground, title (Chinese, English), scale bar and the network's attribution."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only for pictures

    if lang not in LANGUAGES:
        raise ValueError(f"a picture speaks {' or '.join(LANGUAGES)}, not {lang!r}")
    lang = "en" if lang == "zh" and chinese_font() is None else lang
    figure = Figure(figsize=SIZE_IN, facecolor="white")
    axes = figure.add_axes(_BOX, facecolor=PAPER)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    canvas = Canvas(figure, axes, frame_crs(frame), lang)
    _set_view(canvas, frame)
    _draw_roads(canvas, network)
    _draw_names(canvas, network)
    write(canvas, figure, 0.02, 0.945, canvas.word(*titles), size=17, weight="bold", va="center")
    credit = attribution(network, lang)
    write(canvas, figure, 0.985, 0.027, credit, size=8, color=MUTED, ha="right", va="center")
    _draw_scale(canvas)
    return canvas


def attribution(network: RoadNetwork, lang: str) -> str:
    """What must stand in every picture of a network."""
    projection = "投影：等积方位" if lang == "zh" else "Equal-area projection"
    return f"{network.attribution} · {projection}"


def write(canvas: Canvas, where: Any, x: float, y: float, text: str, **style: Any) -> Any:
    """Text in the sheet's font; sizes in points."""
    family = [name for name in (chinese_font(), "DejaVu Sans") if name]
    return where.text(x, y, text, family=family, **{"color": INK, **style})


def legend(canvas: Canvas, handles: list[Any], title: str, **place: Any) -> Any:
    """A legend in the sheet's font, above everything else."""
    family = [name for name in (chinese_font(), "DejaVu Sans") if name]
    box = canvas.axes.legend(
        handles=handles, title=title, prop={"family": family, "size": 9.5}, frameon=True, facecolor="white",
        edgecolor="#e1e6ea", framealpha=0.95, borderpad=0.8, title_fontproperties={"family": family, "size": 10},
        **{"loc": "upper right", **place},
    )  # fmt: skip
    box.set_zorder(50)
    canvas.axes.add_artist(box)
    return box


def _set_view(canvas: Canvas, frame: gpd.GeoDataFrame) -> None:
    """The box around the data with a margin, widened to the shape of the sheet."""
    west, south, east, north = frame.to_crs(canvas.crs).total_bounds
    centre_x, centre_y = (west + east) / 2, (south + north) / 2
    width = max(east - west, _SMALLEST_M) * (1 + 2 * _MARGIN)
    height = max(north - south, _SMALLEST_M) * (1 + 2 * _MARGIN)
    shape = SIZE_IN[0] * _BOX[2] / (SIZE_IN[1] * _BOX[3])
    width, height = max(width, height * shape), max(height, width / shape)
    canvas.axes.set_xlim(centre_x - width / 2, centre_x + width / 2)
    canvas.axes.set_ylim(centre_y - height / 2, centre_y + height / 2)


def _draw_roads(canvas: Canvas, network: RoadNetwork) -> None:
    from matplotlib.collections import LineCollection  # noqa: PLC0415 - only for pictures

    edges = drawn_edges(network).tolist()
    edges.sort(key=lambda edge: class_zoom(network.edge_class[edge], network.kind))
    lines = [network.edge_line(edge) for edge in edges[:_MOST_ROADS]]
    cuts = np.cumsum([len(line) for line in lines])[:-1]
    flat = np.concatenate(lines)
    parts = np.split(project(flat[:, 0], flat[:, 1], canvas.crs), cuts)
    wide = [1.3 if class_zoom(network.edge_class[edge]) <= 5 else 0.6 for edge in edges[:_MOST_ROADS]]
    canvas.axes.add_collection(LineCollection(parts, colors=ROAD, linewidths=wide, zorder=1), autolim=False)


def _draw_names(canvas: Canvas, network: RoadNetwork) -> None:
    """Names of places in order of rank, leaving out those that would lie upon one already written."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - only for pictures

    (left, right), (bottom, top) = canvas.axes.get_xlim(), canvas.axes.get_ylim()
    named = [(name.rank, i, name) for i, name in enumerate(network.node_name) if name is not None]
    spots = project(network.node_lat, network.node_lon, canvas.crs)
    room_x, room_y = (right - left) * 0.075, (top - bottom) * 0.035
    taken: list[tuple[float, float]] = []
    for rank, node, name in sorted(named, key=lambda item: item[:2]):
        x, y = (float(value) for value in spots[node])
        inside = left + room_x < x < right - room_x and bottom + 2 * room_y < y < top - 2 * room_y
        if not inside or any(abs(x - a) < room_x and abs(y - b) < room_y for a, b in taken):
            continue
        taken.append((x, y))
        text = canvas.word(name.zh or name.en, name.en or name.zh)
        write(
            canvas, canvas.axes, x, y - room_y * 0.35, text, size=9.5 if rank == 1 else 8, ha="center", va="top",
            color=INK if rank == 1 else MUTED, zorder=30,
            path_effects=[withStroke(linewidth=2.2, foreground=PAPER, alpha=0.85)],
        )  # fmt: skip
        if len(taken) >= _MOST_NAMES:
            return


def _draw_scale(canvas: Canvas) -> None:
    """A bar of a round length, measured at the sheet's centre, where the projection is exact."""
    axes = canvas.axes
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    width, height = right - left, top - bottom
    length_m = round_number(width * 0.2)
    x, y = left + 0.025 * width, bottom + 0.04 * height
    tick = height * 0.008
    axes.plot([x, x, x + length_m, x + length_m], [y + tick, y, y, y + tick], color=INK, lw=1.4, zorder=40)
    words = length_words(length_m, canvas.lang)
    write(canvas, axes, x + length_m / 2, y + tick * 1.4, words, size=9, ha="center", va="bottom", zorder=40)
