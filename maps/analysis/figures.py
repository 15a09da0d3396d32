"""Pictures of results: one function a kind, each returns a matplotlib Figure that `save_figure` writes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.analysis.access import DEMAND, SITE
from haoyun.maps.analysis.canvas import (
    INK,
    MUTED,
    ORANGE,
    TEAL,
    Canvas,
    legend,
    new_canvas,
    write,
)
from haoyun.maps.network import RoadNetwork
from haoyun.maps.scale import round_number

if TYPE_CHECKING:
    import geopandas as gpd

_FROM_ORANGE_TO_TEAL = ("#b3541a", "#e0a06a", "#f2e4d6", "#e9eef0", "#cfe6e1", "#5fae9f", "#0b6b5d")
_REACH = ("#0b6b5d", "#5fae9f", "#e0b45a", "#c8621b", "#8c2f39")
_MOST_LANES = 120  # more would only blacken the sheet; the greatest are drawn
_WIDEST_PT = 9.0

FloatArray = NDArray[np.float64]


def balance_figure(
    found: gpd.GeoDataFrame, network: RoadNetwork, *, lang: str = "zh", titles: tuple[str, str] | None = None
) -> Any:
    """Areas coloured by balance: teal where trucks wait, orange where loads do."""
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415 - only for pictures
    from matplotlib.colors import LinearSegmentedColormap, SymLogNorm  # noqa: PLC0415

    canvas = new_canvas(network, found, titles or ("运力与货源的平衡", "Trucks against loads"), lang)
    most = max(float(found["balance"].abs().max()), 1.0)
    # Amounts of areas differ by orders of magnitude: linear near zero, logarithmic beyond.
    norm = SymLogNorm(linthresh=max(most / 50, 1e-9), vmin=-most, vmax=most)
    colours = LinearSegmentedColormap.from_list("balance", _FROM_ORANGE_TO_TEAL)
    shown = found.to_crs(canvas.crs)
    if set(shown.geom_type) <= {"Point"}:
        size = 30 + 500 * np.sqrt(
            (found["supply"] + found["demand"]) / (found["supply"] + found["demand"]).max()
        )
        canvas.axes.scatter(
            shown.geometry.x, shown.geometry.y, s=size, c=found["balance"], cmap=colours, norm=norm,
            edgecolors="white", linewidths=0.8, zorder=10,
        )  # fmt: skip
    else:
        shown.plot(
            ax=canvas.axes, column="balance", cmap=colours, norm=norm, edgecolor="white", linewidth=0.5,
            alpha=0.82, zorder=10, aspect=None, autolim=False,
        )  # fmt: skip
        canvas.axes.set(xlabel="", ylabel="")
    _colour_bar(canvas, ScalarMappable(norm, colours), most)
    return canvas.figure


def _colour_bar(canvas: Canvas, colours: Any, most: float) -> None:
    box = canvas.axes.inset_axes([0.72, 0.07, 0.25, 0.022], zorder=60)
    bar = canvas.figure.colorbar(colours, cax=box, orientation="horizontal", ticks=[-most, 0, most])
    bar.ax.set_xticklabels([f"{-most:.4g}", "0", f"+{most:.4g}"], fontsize=9, color=INK)
    bar.outline.set_visible(False)
    bar.ax.minorticks_off()
    for x, ha, text in (
        (0.0, "left", canvas.word("货多车少", "loads wait")),
        (1.0, "right", canvas.word("车多货少", "trucks wait")),
    ):
        write(canvas, box, x, 1.5, text, transform=box.transAxes, size=9.5, ha=ha, va="bottom")


def flow_figure(
    found: gpd.GeoDataFrame,
    network: RoadNetwork,
    *,
    by: str = "count",
    lang: str = "zh",
    titles: tuple[str, str] | None = None,
) -> Any:
    """Lanes as arcs that bend to the right of their direction, as wide as their volume (`count` or `tonnes`)."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415 - only for pictures
    from matplotlib.lines import Line2D  # noqa: PLC0415

    if by not in {"count", "tonnes"}:
        raise ValueError(f"lanes are drawn by count or tonnes, not {by!r}")
    canvas = new_canvas(network, found, titles or ("线路流量", "Lane flows"), lang)
    shown = found[found[by] > 0].sort_values(by, ascending=False).head(_MOST_LANES).to_crs(canvas.crs)
    most = float(shown[by].max()) if len(shown) else 1.0
    lines = shown[shown.geom_type == "LineString"].iloc[::-1]  # the greatest on top
    width = np.maximum(_WIDEST_PT * lines[by].to_numpy() / most, 0.4)
    ends = np.array([np.asarray(line.coords) for line in lines.geometry]).reshape(-1, 2, 2)
    arcs = [arc(start, end) for start, end in ends]
    share = lines[by].to_numpy() / most
    colours = np.column_stack([np.tile((0.043, 0.42, 0.365), (len(lines), 1)), 0.25 + 0.6 * share])
    canvas.axes.add_collection(
        LineCollection(arcs, linewidths=width, colors=colours, capstyle="round", zorder=10), autolim=False
    )
    within = shown[shown.geom_type == "Point"]
    canvas.axes.scatter(
        within.geometry.x, within.geometry.y, s=20 + 220 * within[by] / most, facecolors="none",
        edgecolors=TEAL, linewidths=1.2, zorder=9,
    )  # fmt: skip
    canvas.axes.scatter(
        ends[:, 1, 0], ends[:, 1, 1], s=10, c=ORANGE, edgecolors="white", linewidths=0.5, zorder=11
    )
    unit = canvas.word("吨", "t") if by == "tonnes" else canvas.word("票", "loads")
    marks = [
        Line2D([], [], color=TEAL, lw=max(_WIDEST_PT * volume / most, 0.4), label=f"{volume:g} {unit}")
        for volume in dict.fromkeys(round_number(most * share) for share in (1, 0.4, 0.1))
    ]
    marks.append(_dot(ORANGE, canvas.word("目的地", "destination")))
    if len(within):
        marks.append(_dot("none", canvas.word("区内", "within one area"), edge=TEAL))
    legend(canvas, marks, canvas.word("流量", "Volume"))
    return canvas.figure


def arc(start: FloatArray, end: FloatArray, bend: float = 0.14, steps: int = 24) -> FloatArray:
    """A quadratic curve between two points that bends to the right, so that both directions can be told."""
    along = end - start
    control = (start + end) / 2 + bend * np.array([along[1], -along[0]])
    t = np.linspace(0, 1, steps)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end)


def access_figure(
    found: gpd.GeoDataFrame,
    network: RoadNetwork,
    minutes: Sequence[float],
    *,
    lang: str = "zh",
    titles: tuple[str, str] | None = None,
) -> Any:
    """Demand coloured by the drive to its nearest site, in classes; the legend counts what is within each."""
    canvas = new_canvas(network, found, titles or ("可达性", "Accessibility"), lang)
    shown = found.to_crs(canvas.crs)
    demand, sites = shown[shown["kind"] == DEMAND], shown[shown["kind"] == SITE]
    total = float(demand["amount"].sum()) or 1.0
    size = 10 + 70 * demand["amount"] / max(float(demand["amount"].max()), 1e-9)
    marks = []
    limits = [0.0, *sorted(minutes), np.inf]
    for (low, high), colour in zip(pairwise(limits), _class_colours(len(limits) - 1), strict=True):
        mine = (demand["minutes"] > low) & (demand["minutes"] <= high) | (demand["minutes"] == low) & (
            low == 0
        )
        here = demand[mine]
        canvas.axes.scatter(
            here.geometry.x, here.geometry.y, s=size[mine], c=colour, edgecolors="white", linewidths=0.6,
            alpha=0.9, zorder=10,
        )  # fmt: skip
        share = float(here["amount"].sum()) / total
        words = _class_words(canvas, low, high)
        marks.append(_dot(colour, f"{words}   {share:.0%}"))
    canvas.axes.scatter(
        sites.geometry.x,
        sites.geometry.y,
        s=120,
        marker="s",
        c=INK,
        edgecolors="white",
        linewidths=1.4,
        zorder=12,
    )
    marks.append(_dot(INK, canvas.word("站点", "site"), marker="s"))
    legend(canvas, marks, canvas.word("最近站点车程", "Drive to the nearest site"))
    return canvas.figure


def _class_words(canvas: Canvas, low: float, high: float) -> str:
    unit = canvas.word("分钟", "min")
    if not np.isfinite(high):
        return canvas.word(f"{low:g} {unit}以上", f"over {low:g} {unit}")
    return f"{low:g}–{high:g} {unit}"


def _class_colours(count: int) -> list[str]:
    places = np.rint(np.linspace(0, len(_REACH) - 1, count)).astype(int)
    return [_REACH[i] for i in places]


def _dot(colour: str, label: str, marker: str = "o", edge: str = "white") -> Any:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - only for pictures

    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=8, markerfacecolor=colour, markeredgecolor=edge,
        color=MUTED, label=label,
    )  # fmt: skip
