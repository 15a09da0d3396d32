"""Where a fact belongs: its H3 cell, and the division that the cell's middle is nearest to.

A division is a set of whole cells, so that no part of a cell can be had by taking figures of cells off a figure of
a division. No border is used (docs/decisions/0018): a cell goes to the division of the nearest prefecture seat.
"""

from __future__ import annotations

from functools import cache

from scipy.spatial import cKDTree

from haoyun.maps.cities import list_cities
from haoyun.maps.gazetteer.divisions import PROVINCE_EN
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.hexagons import cell_of_text, cell_text, cells_of, centres_of
from haoyun.maps.network import unit_vectors

RESOLUTION = 4  # 1,770 km², about 45 km across
EVERYWHERE = "all"
ELSEWHERE = "000000"  # too far from every seat
_REACH_M = 400_000.0
PROVINCE_ZH = {
    "110000": "北京", "120000": "天津", "130000": "河北", "140000": "山西", "150000": "内蒙古",
    "210000": "辽宁", "220000": "吉林", "230000": "黑龙江", "310000": "上海", "320000": "江苏",
    "330000": "浙江", "340000": "安徽", "350000": "福建", "360000": "江西", "370000": "山东",
    "410000": "河南", "420000": "湖北", "430000": "湖南", "440000": "广东", "450000": "广西",
    "460000": "海南", "500000": "重庆", "510000": "四川", "520000": "贵州", "530000": "云南",
    "540000": "西藏", "610000": "陕西", "620000": "甘肃", "630000": "青海", "640000": "宁夏",
    "650000": "新疆", "710000": "台湾", "810000": "香港", "820000": "澳门",
}  # fmt: skip


@cache
def cell_at(lat: float, lon: float) -> str:
    """The cell of a place, as H3 writes it."""
    return cell_text(int(cells_of(lat, lon, RESOLUTION)[0]))


@cache
def division_of(cell: str) -> str:
    """The GB/T 2260 code of the province-level division a cell belongs to, ELSEWHERE if none is near."""
    lat, lon = (float(part[0]) for part in centres_of([cell_of_text(cell)]))
    _, found = _seats().query(unit_vectors([lat], [lon]))
    seat = list_cities()[int(found[0])]
    near = float(haversine_m(lat, lon, seat.lat, seat.lon)) <= _REACH_M
    return f"{seat.adcode[:2]}0000" if near else ELSEWHERE


def area_names(key: str) -> tuple[str, str]:
    """(Chinese, English) of an area, a lane of two areas joined by ``>``, or a cell (its own code)."""
    if ">" in key:
        (zh1, en1), (zh2, en2) = (area_names(part) for part in key.split(">"))
        return f"{zh1} → {zh2}", f"{en1} → {en2}"
    if key == EVERYWHERE:
        return "全部", "All"
    if key == ELSEWHERE:
        return "其他地区", "Elsewhere"
    return PROVINCE_ZH.get(key, key), PROVINCE_EN.get(key, key)


@cache
def _seats() -> cKDTree:
    cities = list_cities()
    return cKDTree(unit_vectors([c.lat for c in cities], [c.lon for c in cities]))
