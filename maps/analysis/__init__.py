"""Analysis on maps: supply against demand, lane flows, accessibility; as GeoDataFrames, files and pictures.

Functions take tables and return GeoDataFrames in EPSG:4326 (longitude, latitude). Areas and distances are
measured in projections made for it (`projection.py`), never in degrees.
"""

from haoyun.maps.analysis.access import accessibility
from haoyun.maps.analysis.areas import Areas, cell_areas, place_areas, polygon_areas
from haoyun.maps.analysis.balance import balance
from haoyun.maps.analysis.choropleth import ratio_figure
from haoyun.maps.analysis.figures import access_figure, balance_figure, flow_figure
from haoyun.maps.analysis.flows import flows
from haoyun.maps.analysis.tables import BadTable, read_lanes, read_points
from haoyun.maps.analysis.write import save_figure, write_table

__all__ = [
    "Areas",
    "BadTable",
    "access_figure",
    "accessibility",
    "balance",
    "balance_figure",
    "cell_areas",
    "flow_figure",
    "flows",
    "place_areas",
    "polygon_areas",
    "ratio_figure",
    "read_lanes",
    "read_points",
    "save_figure",
    "write_table",
]
