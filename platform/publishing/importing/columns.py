"""The columns of a file of offers: names in both languages, units in the header, and how a cell is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from haoyun.platform.market.errors import FieldRule
from haoyun.platform.market.load import Visibility
from haoyun.platform.market.values import Body, Equipment, Mode
from haoyun.platform.publishing.chat.found import Kind

Cell = str | int | float | datetime | date | None
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - local, as cells are; day 0 of a date that lost its format
_EXCEL_DAYS = (36_526.0, 73_051.0)  # the years 2000 to 2099
_FORMATS = (
    "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d",
    "%Y年%m月%d日 %H:%M", "%Y年%m月%d日", "%Y.%m.%d %H:%M", "%Y.%m.%d",
)  # fmt: skip
_EXAMPLE = "2026-03-02 08:00"
_LIST = re.compile(r"[/、,;|]")
_UNIT = re.compile(r"^(?P<name>[^()]+?)\s*(?:\((?P<unit>[^()]*)\))?\*?$")


class BadCell(ValueError):
    """A cell cannot be read; `rule` says what would be right."""

    def __init__(self, key: str, **params: str | float) -> None:
        self.rule: FieldRule = (key, params)
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an offer in a file. `units`: what a header may say in brackets, with the factor to the field."""

    field: str  # of the document; pickup.start is the start of its pickup
    zh: str
    en: str
    read: Callable[[Cell, float], Any]
    needed: bool = False
    units: Mapping[str, float] | None = None
    more: tuple[str, ...] = ()  # other names that people use
    example: str = ""

    def header(self, language: str) -> str:
        """The name with its unit, as templates write it."""
        unit = next(iter(self.units), "") if self.units else ""
        name = self.zh if language == "zh" else self.en
        return f"{name} ({unit})" if unit else name


def is_empty(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text(cell: Cell, _factor: float = 1) -> str:
    """What stands in a cell; an apostrophe that keeps a spreadsheet from calculating is no part of it."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    shown = str(cell).strip()
    return shown[1:] if shown[:1] == "'" and shown[1:2] in "=+-@" else shown


def scaled(cell: Cell, factor: float) -> int:
    """A number in the header's unit as the field's whole number."""
    return round(_number(cell) * factor)


def whole(cell: Cell, _factor: float = 1) -> int:
    """A whole number."""
    value = _number(cell)
    if value != round(value):
        raise BadCell("whole_number", example=12)
    return round(value)


def _number(cell: Cell) -> float:
    if isinstance(cell, bool | datetime | date):
        raise BadCell("a_number", example=12.5)
    shown = unicodedata.normalize("NFKC", text(cell)).replace(",", "").replace(" ", "")
    try:
        value = float(shown)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e12:
        raise BadCell("a_number", example=12.5)
    return value


def _instant(cell: Cell, day_end: bool) -> str:
    found, is_day = _moment(cell)
    if is_day and day_end:
        found += timedelta(days=1)
    return found.isoformat()


def _moment(cell: Cell) -> tuple[datetime, bool]:
    """Without a zone where none is written, and whether it is a day without an hour."""
    if isinstance(cell, datetime):
        return cell, False
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day), True  # noqa: DTZ001 - as above
    shown = unicodedata.normalize("NFKC", text(cell))
    for pattern in _FORMATS:
        try:
            return datetime.strptime(shown, pattern), "%H" not in pattern  # noqa: DTZ007 - as above
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(shown), False
    except ValueError:
        return _serial(shown)


def _serial(shown: str) -> tuple[datetime, bool]:
    """A date that a spreadsheet wrote as its number of days."""
    try:
        days = float(shown)
    except ValueError:
        raise BadCell("an_instant", example=_EXAMPLE) from None
    if not _EXCEL_DAYS[0] <= days <= _EXCEL_DAYS[1]:
        raise BadCell("an_instant", example=_EXAMPLE)
    minutes = round((days % 1) * 1440)
    return _EXCEL_ZERO + timedelta(days=int(days), minutes=minutes), days == int(days)


def starts(cell: Cell, _factor: float = 1) -> str:
    """A day and time, with a zone where one is written; a day alone begins at midnight."""
    return _instant(cell, day_end=False)


def ends(cell: Cell, _factor: float = 1) -> str:
    """A day and time, with a zone where one is written; a day alone ends at midnight."""
    return _instant(cell, day_end=True)


BODY_NAMES: Mapping[Body, tuple[str, str]] = {
    Body.BOX: ("厢式", "Box"),
    Body.CURTAIN: ("飞翼", "Curtain-sider"),
    Body.REEFER: ("冷藏", "Reefer"),
    Body.FLATBED: ("平板", "Flatbed"),
    Body.STAKE: ("高栏", "Stake body"),
    Body.TANK: ("罐车", "Tank"),
    Body.CONTAINER: ("集装箱", "Container chassis"),
}
_BODIES = {
    _key: body
    for body, names in BODY_NAMES.items()
    for _key in (body.value, *(n.lower() for n in names), names[0] + "车", names[0].removesuffix("车"))
}
_VISIBLE = {
    "public": Visibility.PUBLIC,
    "公开": Visibility.PUBLIC,
    "partners": Visibility.PARTNERS,
    "合作伙伴": Visibility.PARTNERS,
}


def bodies(cell: Cell, _factor: float = 1) -> list[str]:
    """Bodies by code or by name in either language, several separated by / or 、."""
    names = [one.strip().lower() for one in _LIST.split(text(cell)) if one.strip()]
    if any(name not in _BODIES for name in names):
        shown = ", ".join(f"{zh} {en}" for zh, en in BODY_NAMES.values())
        raise BadCell("one_of", choices=shown)
    return sorted({_BODIES[name].value for name in names})


MODE_NAMES: Mapping[Mode, tuple[str, str]] = {
    Mode.ROAD: ("公路", "Road"),
    Mode.RAIL: ("铁路", "Rail"),
    Mode.WATER: ("水路", "Waterway"),
    Mode.AIR: ("航空", "Air freight"),
}
EQUIPMENT_NAMES: Mapping[Equipment, tuple[str, str]] = {
    Equipment.TAIL_LIFT: ("尾板", "Tail lift"),
    Equipment.PALLET_JACK: ("液压托盘车", "Pallet jack"),
    Equipment.FORKLIFT: ("随车叉车", "Truck-mounted forklift"),
    Equipment.CRANE: ("随车吊", "Crane on board"),
    Equipment.STRAPS: ("绑带", "Lashing straps"),
    Equipment.LOAD_BARS: ("支撑杆", "Load bars"),
    Equipment.TARPAULIN: ("篷布", "Tarpaulin"),
    Equipment.SIDE_OPENING: ("侧开门", "Side doors"),
}


def mode(cell: Cell, _factor: float = 1) -> str:
    """By what goods move, by code or by name in either language."""
    return _named(text(cell), MODE_NAMES)


def equipment(cell: Cell, _factor: float = 1) -> list[str]:
    """What a vehicle brings along, several separated by / or 、."""
    return sorted({_named(one.strip(), EQUIPMENT_NAMES) for one in _LIST.split(text(cell)) if one.strip()})


def _named(name: str, names: Mapping[Any, tuple[str, str]]) -> str:
    for value, known in names.items():
        if name.lower() in (value.value, *(one.lower() for one in known)):
            return str(value.value)
    raise BadCell("one_of", choices=", ".join(f"{zh} {en}" for zh, en in names.values()))


def visibility(cell: Cell, _factor: float = 1) -> str:
    """Public or to partners."""
    found = _VISIBLE.get(text(cell).lower())
    if found is None:
        raise BadCell("one_of", choices="公开 public, 合作伙伴 partners")
    return found.value


_KG = {"kg": 1.0, "千克": 1.0, "公斤": 1.0, "t": 1000.0, "吨": 1000.0}
_M3 = {"m³": 1000.0, "m3": 1000.0, "方": 1000.0, "立方米": 1000.0, "l": 1.0, "升": 1.0}
_M = {"m": 100.0, "米": 100.0, "cm": 1.0, "厘米": 1.0}
_CNY = {"CNY": 100.0, "元": 100.0, "cny": 100.0, "yuan": 100.0, "rmb": 100.0, "万元": 1_000_000.0}

LOAD_COLUMNS: tuple[Column, ...] = (
    Column(
        "goods", "货物名称", "Goods", text, True, more=("货物", "品名", "货名"), example="钢卷 Steel coils"
    ),
    Column("weight_kg", "重量", "Weight", scaled, True, _KG, example="28000"),
    Column("volume_dm3", "体积", "Volume", scaled, False, _M3, example="40"),
    Column("ldm_cm", "装载米", "Loading metres", scaled, False, _M, example="12.5"),
    Column("max_piece_cm", "最长件", "Longest piece", scaled, False, _M, example="6"),
    Column("pallets", "托盘数", "Pallets", whole, more=("托数",), example="0"),
    Column("body", "车型", "Body", bodies, example="高栏/平板"),
    Column("mode", "运输方式", "Moves by", mode, example="公路"),
    Column("equipment", "随车设备", "Equipment", equipment),
    Column("temperature_min_c", "最低温度", "Coldest", whole, False, {"°C": 1.0, "℃": 1.0}),
    Column("temperature_max_c", "最高温度", "Warmest", whole, False, {"°C": 1.0, "℃": 1.0}),
    Column("dg_class", "危险品类别", "Dangerous goods class", text),
    Column("origin", "起点", "From", text, True, more=("始发地", "装货地", "origin"), example="苏州"),
    Column("destination", "终点", "To", text, True, more=("目的地", "卸货地", "destination"), example="成都"),
    Column("pickup.start", "提货开始", "Pickup from", starts, True, example=_EXAMPLE),
    Column("pickup.end", "提货截止", "Pickup until", ends, True, example="2026-03-02 18:00"),
    Column("delivery.start", "送达开始", "Delivery from", starts, True, example="2026-03-04 08:00"),
    Column("delivery.end", "送达截止", "Delivery until", ends, True, example="2026-03-05 18:00"),
    Column("price_fen", "价格", "Price", scaled, False, _CNY, more=("运费",), example="12000"),
    Column("pay_days", "付款天数", "Pays within", whole, False, {"days": 1.0, "天": 1.0}, example="30"),
    Column("visibility", "可见范围", "Visible to", visibility, example="公开"),
    Column("note", "备注", "Note", text),
)
CAPACITY_COLUMNS: tuple[Column, ...] = (
    Column("plate", "车牌", "Plate", text, True, more=("车牌号",), example="苏A12345"),
    Column("origin", "所在地", "Stands in", text, True, more=("起点", "from", "origin"), example="苏州"),
    Column("destination", "去向", "Wants to go to", text, more=("终点", "to", "destination"), example="成都"),
    Column("ready.start", "可用开始", "Ready from", starts, True, example=_EXAMPLE),
    Column("ready.end", "可用截止", "Ready until", ends, True, example="2026-03-04 18:00"),
    Column("mode", "运输方式", "Moves by", mode, example="公路"),
    Column("equipment", "随车设备", "Equipment", equipment),
    Column("radius_km", "服务半径", "Serves around", whole, False, {"km": 1.0, "公里": 1.0}, example="200"),
    Column("weight_kg", "可用载重", "Free weight", scaled, False, _KG),
    Column("volume_dm3", "可用体积", "Free volume", scaled, False, _M3),
    Column("ldm_cm", "可用装载米", "Free loading metres", scaled, False, _M),
    Column("cost_per_km_fen", "每公里成本", "Cost per km", scaled, False, _CNY, example="4.2"),
    Column("min_price_fen", "最低运价", "Lowest price", scaled, False, _CNY),
    Column("note", "备注", "Note", text),
)
COLUMNS: Mapping[Kind, tuple[Column, ...]] = {Kind.LOAD: LOAD_COLUMNS, Kind.CAPACITY: CAPACITY_COLUMNS}
# Columns that the report adds; in a corrected file they are passed over.
REPORT_COLUMNS = (("行号", "Row"), ("问题", "What is wrong"))


def header_name(cell: Cell) -> tuple[str, str]:
    """(name, unit) of a header, both folded; brackets and width do not matter."""
    shown = unicodedata.normalize("NFKC", "" if cell is None else str(cell)).strip().strip("*").strip()
    match = _UNIT.match(shown)
    name, unit = (match["name"], match["unit"] or "") if match else (shown, "")
    return re.sub(r"[\s_]+", "", name.casefold()), unit.strip().casefold()


def find_column(kind: Kind, cell: Cell) -> tuple[Column, float] | None:
    """The column that a header names, with the factor of its unit; None for a header that is none of ours."""
    name, unit = header_name(cell)
    for column in COLUMNS[kind]:
        names = {header_name(one)[0] for one in (column.zh, column.en, column.field, *column.more)}
        if name in names:
            units = {unicodedata.normalize("NFKC", u).casefold(): f for u, f in (column.units or {}).items()}
            if unit and unit not in units:
                return None
            return column, units.get(unit, next(iter(units.values()), 1.0))
    return None
