"""Areas coloured by a ratio around one: what is scarce on one side or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from haoyun.maps.analysis.canvas import INK, new_canvas, write
from haoyun.maps.network import RoadNetwork

if TYPE_CHECKING:
    import geopandas as gpd

_FROM_TEAL_TO_ORANGE = ("#0b6b5d", "#5fae9f", "#cfe6e1", "#e9eef0", "#f2e4d6", "#e0a06a", "#b3541a")
_LEAST_SPREAD = 2.0  # twice as many of one as of the other is the least that the colours reach


def ratio_figure(
    found: gpd.GeoDataFrame, network: RoadNetwork, titles: tuple[str, str], *, lang: str = "zh"
) -> Any:
    """Areas (polygons) of a frame with `value` > 0, on a logarithmic scale that is even around 1."""
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415 - only for pictures
    from matplotlib.colors import LinearSegmentedColormap, LogNorm  # noqa: PLC0415

    canvas = new_canvas(network, found, titles, lang)
    values = found["value"].to_numpy(dtype=np.float64)
    spread = max(_LEAST_SPREAD, float(np.exp(np.abs(np.log(values)).max())))
    norm = LogNorm(1 / spread, spread)
    colours = LinearSegmentedColormap.from_list("ratio", _FROM_TEAL_TO_ORANGE)
    found.to_crs(canvas.crs).plot(
        ax=canvas.axes, column="value", cmap=colours, norm=norm, edgecolor="white", linewidth=0.5,
        alpha=0.85, zorder=10, aspect=None, autolim=False,
    )  # fmt: skip
    canvas.axes.set(xlabel="", ylabel="")
    box = canvas.axes.inset_axes([0.72, 0.07, 0.25, 0.022], zorder=60)
    bar = canvas.figure.colorbar(
        ScalarMappable(norm, colours), cax=box, orientation="horizontal", ticks=[1 / spread, 1, spread]
    )
    bar.ax.set_xticklabels([f"{1 / spread:.2g}", "1", f"{spread:.2g}"], fontsize=9, color=INK)
    bar.outline.set_visible(False)
    bar.ax.minorticks_off()
    for x, ha, text in (
        (0.0, "left", canvas.word("车多货少", "trucks wait")),
        (1.0, "right", canvas.word("货多车少", "loads wait")),
    ):
        write(canvas, box, x, 1.5, text, transform=box.transAxes, size=9.5, ha=ha, va="bottom")
    return canvas.figure
