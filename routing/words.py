"""Explanations in words, Chinese and English; the facts come from explain.py as codes and figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from haoyun.routing.finding import Code, Finding, WhyNot
from haoyun.routing.tasks import Id, clock

Language = Literal["zh", "en"]

_SENTENCES: dict[Code, tuple[str, str]] = {
    Code.NEEDS_SKILL: (
        "需要 {skill}，有此条件的车辆 {vehicles} 台",
        "needs {skill}, which {vehicles} vehicles have",
    ),
    Code.NEEDS_ROOM: (
        "需要 {dimension} {needed}，最大的车辆只有 {largest}",
        "needs {needed} of {dimension}; the largest vehicle carries {largest}",
    ),
    Code.OUT_OF_REACH: (
        "{vehicles} 台合适的车辆都无法按时到达并返回",
        "none of the {vehicles} vehicles that fit can be there in time and be back",
    ),
    Code.FULL_UNTIL: (
        "{vehicles} 台合适的车辆在 {until} 之前没有空位",
        "the {vehicles} vehicles that fit are full until {until}",
    ),
    Code.FITS: (
        "车辆 {vehicle} 仍可承运，增加成本 {cost}",
        "vehicle {vehicle} could still take it for {cost} more",
    ),
    Code.NOT_WORTH: (
        "车辆 {vehicle} 可以承运，但增加成本 {cost}，收入只有 {revenue}",
        "vehicle {vehicle} could take it, but at {cost} more for a revenue of {revenue}",
    ),
    Code.LATER: (
        "{stop}时间窗延后 {time} 即可由车辆 {vehicle} 承运",
        "{stop} window + {time} would do, with vehicle {vehicle}",
    ),
    Code.MORE_ROOM: (
        "车辆 {vehicle} 的 {dimension} 再多 {amount} 即可",
        "{amount} more of {dimension} on vehicle {vehicle} would do",
    ),
    Code.LONGER_SHIFT: (
        "车辆 {vehicle} 的班次延长 {time} 即可",
        "{time} more of shift for vehicle {vehicle} would do",
    ),
    Code.HIGHER_LIMIT: (
        "车辆 {vehicle} 的 {limit} 上限提高 {amount} 即可",
        "{limit} of vehicle {vehicle} raised by {amount} would do",
    ),
    Code.OTHER_SKILL: ("若车辆 {vehicle} 具备 {skill} 即可", "vehicle {vehicle} would do if it had {skill}"),
    Code.MORE_HOURS: (
        "车辆 {vehicle} 受驾驶时间规则 {rule} 限制，增加一名驾驶员即可",
        "vehicle {vehicle} would do but for {rule} driver hours: a second driver",
    ),
    Code.NO_LIFO: (
        "若车辆 {vehicle} 可任意顺序卸货即可",
        "vehicle {vehicle} would do if it could be unloaded in any order",
    ),
    Code.MIXED_GOODS: (
        "若 {goods} 可与车辆 {vehicle} 上的货物混装或免清洗即可",
        "vehicle {vehicle} would do if {goods} could share it, or needed no cleaning",
    ),
    Code.NOTHING_ALONE: ("单独放宽任何一项条件都不够", "no single relaxation would be enough"),
}
_STOPS = {"pickup": ("提货", "pickup"), "delivery": ("送货", "delivery"), "job": ("作业", "job")}
_SEPARATORS = {"zh": ("；", "。"), "en": ("; ", ".")}


def say(
    finding: Finding,
    language: Language = "en",
    *,
    when: Callable[[int], str] = clock,
    name: Callable[[Id | None], str] = str,
) -> str:
    """One finding in words, without a full stop; `when` writes instants, `name` vehicles."""
    column = 0 if language == "zh" else 1
    figures = dict(finding.figures)
    values: dict[str, object] = {**figures, "vehicle": name(finding.vehicle)}
    if "until_s" in figures:
        values["until"] = when(int(figures["until_s"]))
    if "seconds" in figures:
        values["time"] = duration(int(figures["seconds"]), language)
    if "stop" in figures:
        values["stop"] = _STOPS[str(figures["stop"])][column]
    if "cost" in figures:
        values["cost"] = f"{figures['cost']:g}"
    return _SENTENCES[finding.code][column].format(**values)


def say_why(why: WhyNot, language: Language = "en", most: int = 2) -> str:
    """One sentence: what stands in the way, then the cheapest relaxations, at most so many."""
    between, stop = _SEPARATORS[language]
    parts = [say(finding, language) for finding in (*why.obstacles, *why.relaxations[:most])]
    return between.join(parts) + stop


def duration(seconds: int, language: Language) -> str:
    """Whole minutes, rounded up."""
    hours, minutes = divmod(-(-seconds // 60), 60)
    units = ("小时", "分钟") if language == "zh" else ("h", "min")
    parts = [f"{count} {unit}" for count, unit in zip((hours, minutes), units, strict=True) if count]
    return " ".join(parts) or f"0 {units[1]}"
