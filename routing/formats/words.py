"""The words of tables for dispatchers, in English and Chinese."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

_WORDS: dict[str, tuple[str, str]] = {
    "summary": ("Summary", "汇总"),
    "stops": ("Stops", "站点"),
    "unassigned": ("Unassigned", "未安排"),
    "orders": ("orders", "订单"),
    "vehicles": ("vehicles", "车辆"),
    "help": ("help", "说明"),
    "total": ("Total", "合计"),
    "vehicle": ("Vehicle", "车辆"),
    "position": ("No.", "序号"),
    "action": ("Action", "作业"),
    "id": ("Stop", "站点编号"),
    "latitude": ("Latitude", "纬度"),
    "longitude": ("Longitude", "经度"),
    "arrival": ("Arrival", "到达"),
    "waiting": ("Waiting", "等待"),
    "begin": ("Begin", "开始作业"),
    "departure": ("Departure", "离开"),
    "ending": ("End", "结束时间"),
    "leg": ("Distance of leg", "本段里程"),
    "distance": ("Distance", "里程"),
    "load": ("Load", "载量"),
    "most": ("Highest load", "最大载量"),
    "note": ("Note", "备注"),
    "reasons": ("Reasons", "原因"),
    "stop_count": ("Stops", "站数"),
    "travel": ("Travel", "行驶"),
    "service": ("Service", "作业时间"),
    "duration": ("Duration", "总时长"),
    "cost": ("Cost", "费用"),
    "start": ("start", "出发"),
    "job": ("service", "服务"),
    "pickup": ("pickup", "装货"),
    "delivery": ("delivery", "卸货"),
    "reload": ("reload", "回库装货"),
    "end": ("end", "结束"),
    "left": ("unassigned", "未安排"),
    "shipment": ("shipment", "运单"),
    "km": ("km", "公里"),
    "min": ("min", "分钟"),
    "list": ("List", "表"),
    "column": ("Column", "列"),
    "needed": ("Required", "必填"),
    "meaning": ("Meaning", "含义"),
    "example": ("Example", "示例"),
    "yes": ("yes", "是"),
}


def word(key: str, language: Language) -> str:
    """A word in the language."""
    return _WORDS[key][0 if language == "en" else 1]
