"""The columns of a dispatcher's lists of orders and vehicles: names, what they hold, an example."""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.routing.formats.words import Language


@dataclass(frozen=True, slots=True)
class Column:
    """A column, recognized by either name whatever its case and spacing."""

    en: str
    zh: str
    meaning_en: str
    meaning_zh: str
    example: str | int | float | None = None
    needed: bool = False

    def name(self, language: Language) -> str:
        """Its heading in a template."""
        return self.en if language == "en" else self.zh

    def meaning(self, language: Language) -> str:
        """What it holds, in words."""
        return self.meaning_en if language == "en" else self.meaning_zh


# Measures of load by column; figures have up to three decimals.
MEASURES = ("weight_kg", "volume_m3", "loading_m", "pallets")


def _measures(*, whose_en: str, whose_zh: str, examples: tuple[float | None, ...]) -> tuple[Column, ...]:
    texts = (
        ("weight_kg", "重量kg", "kilograms", "千克"),
        ("volume_m3", "体积m3", "cubic metres", "立方米"),
        ("loading_m", "装载米", "loading metres", "装载米"),
        ("pallets", "托盘数", "pallets", "托盘数"),
    )
    return tuple(
        Column(en, zh, f"{meaning_en} {whose_en}", f"{whose_zh}{meaning_zh}", example)
        for (en, zh, meaning_en, meaning_zh), example in zip(texts, examples, strict=True)
    )


_PLACE_EN = 'a city of the trunk network (name or GB/T 2260 code) or "latitude, longitude" in WGS-84'
_PLACE_ZH = "干线网城市（名称或 GB/T 2260 代码），或 WGS-84 “纬度, 经度”"
_TIME_EN = "2026-12-01 08:00, or 08:00 where the whole file is about one day"
_TIME_ZH = "2026-12-01 08:00；整份文件只有一天时可写 08:00"

ORDERS = (
    Column("order", "订单号", "the order's number, each once", "订单号，不可重复", "A-1", needed=True),
    Column("pickup", "装货地", f"{_PLACE_EN}; empty: brought from where the vehicle starts",
           f"{_PLACE_ZH}；空：从车辆出发地带出", "上海"),
    Column("delivery", "卸货地", f"{_PLACE_EN}; empty: taken to where the vehicle ends",
           f"{_PLACE_ZH}；空：带回车辆返回地", "30.27, 120.16"),
    Column("pickup_from", "装货最早", f"loading may begin from: {_TIME_EN}", f"最早开始装货：{_TIME_ZH}", "08:00"),
    Column("pickup_to", "装货最晚", "loading must begin by", "最晚开始装货", "11:00"),
    Column("delivery_from", "卸货最早", "unloading may begin from", "最早开始卸货", "12:00"),
    Column("delivery_to", "卸货最晚", "unloading must begin by", "最晚开始卸货", "18:00"),
    Column("pickup_min", "装货分钟", "minutes of loading", "装货用时（分钟）", 30),
    Column("delivery_min", "卸货分钟", "minutes of unloading", "卸货用时（分钟）", 30),
    *_measures(whose_en="of the goods", whose_zh="货物", examples=(5200, 24.5, None, 12)),
    Column("skills", "要求", "what the vehicle must have, separated by commas", "车辆须具备的条件，用逗号分隔", None),
    Column("priority", "优先级", "0 to 100; higher ones are left behind last", "0–100，越高越不会被放弃", None),
    Column("note", "备注", "comes back in the plan", "原样写入计划", None),
)  # fmt: skip
VEHICLES = (
    Column("vehicle", "车辆", "the vehicle's name, each once", "车辆名称，不可重复", "沪A12345", needed=True),
    Column("start", "出发地", f"{_PLACE_EN}; empty: it begins at its first stop",
           f"{_PLACE_ZH}；空：从第一站开始", "上海"),
    Column("end", "返回地", f"{_PLACE_EN}; empty: it stays at its last stop",
           f"{_PLACE_ZH}；空：停在最后一站", "上海"),
    Column("from", "上班", f"on duty from: {_TIME_EN}", f"上班时间：{_TIME_ZH}", "07:00"),
    Column("to", "下班", "off duty at", "下班时间", "20:00"),
    *_measures(whose_en="it carries; empty: no limit", whose_zh="最多可载；空为不限：", examples=(18000, 60, None, 28)),
    Column("skills", "条件", "what it has, separated by commas", "具备的条件，用逗号分隔", None),
    Column("fixed_cost", "固定费用", "cost of using it at all, up to two decimals", "启用费用，至多两位小数", 300),
    Column("cost_per_km", "每公里费用", "cost of a kilometre", "每公里费用", 4.5),
    Column("cost_per_hour", "每小时费用", "cost of an hour of travel", "每小时行驶费用", 60),
    Column("max_stops", "最多站数", "the most stops of a route", "一条线路最多站数", None),
    Column("max_km", "最大公里", "the longest route in kilometres", "一条线路最长公里数", None),
    Column("max_travel_min", "最长行驶分钟", "the most minutes of travel", "最长行驶时间（分钟）", None),
    Column("note", "备注", "comes back in the plan", "原样写入计划", None),
)  # fmt: skip


def measure_name(name: str, language: Language) -> str:
    """A measure of load in the language; the name of any other capacity as it is."""
    return next(
        (column.name(language) for column in VEHICLES if column.en == name and name in MEASURES), name
    )


def folded(heading: str) -> str:
    """A heading without case, spaces, underscores, hyphens and brackets."""
    return "".join(c for c in heading.casefold() if c not in " _-()（）\t\u3000\ufeff")
