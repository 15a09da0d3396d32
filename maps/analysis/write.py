"""Results as files: GeoJSON, GeoPackage, PNG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from haoyun.maps.errors import MapError

if TYPE_CHECKING:
    import geopandas as gpd

TABLE_SUFFIXES = (".geojson", ".gpkg")
_DPI = 144


def write_table(frame: gpd.GeoDataFrame, path: Path, *, layer: str, attribution: str) -> None:
    """Write a result as GeoJSON or GeoPackage by the name's ending, with its attribution in the file.

    Raises MapError for another ending.
    """
    if path.suffix == ".geojson":
        finite = frame.replace([float("inf"), float("-inf")], float("nan"))  # JSON knows no infinity
        document = json.loads(finite.to_json(drop_id=True, na="null"))
        document = {"type": document["type"], "name": layer, "attribution": attribution, **document}
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    elif path.suffix == ".gpkg":
        path.unlink(missing_ok=True)  # a GeoPackage of before would keep its other layers
        frame.to_file(path, driver="GPKG", layer=layer, layer_options={"DESCRIPTION": attribution})
    else:
        raise MapError(
            f"a result is written as {', '.join(TABLE_SUFFIXES)} or .png, not {path.suffix or path.name!r}"
        )


def save_figure(figure: Any, path: Path | IO[bytes], dpi: int = _DPI) -> None:
    """Write a picture as PNG to a path or an open file, 10 x 7.2 inches at `dpi`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - only for pictures

    FigureCanvasAgg(figure)
    figure.savefig(path, format="png", dpi=dpi, facecolor=figure.get_facecolor())
