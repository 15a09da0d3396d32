"""Every rule, why-not and reason key of market and trading with its sentence, in English and Chinese.

A key is what code compares and the database keeps; a sentence is what people read. `{name}` stands for a
parameter.
"""

from __future__ import annotations

from collections.abc import Mapping

Params = Mapping[str, str | float]

RULES: Mapping[str, tuple[str, str]] = {
    "fields": ("{fields}", "{fields}"),
    "not_found": ("there is no such thing", "找不到该内容"),
    "stale": ("it was changed in the meantime; read it again", "内容已被更改，请刷新后重试"),
    "forbidden_move": ("{thing} cannot go from {before} to {after}", "{thing}不能从 {before} 变为 {after}"),
    "role": ("this role may not do that", "当前角色无权执行此操作"),
    "not_shipper": ("only shippers post loads", "只有货主可以发布货源"),
    "not_carrier": ("only carriers offer vehicles", "只有承运人可以发布车辆和运力"),
    "other_side": ("that is for the other side of the deal to do", "该操作应由交易的另一方完成"),
    "arbiter_only": (
        "once loading has begun only the operator can cancel",
        "开始装货后只有平台运营方可以取消",
    ),
    "text_length": ("has {low} to {high} characters", "长度应为 {low} 至 {high} 个字符"),
    "between": ("must be between {low} and {high}", "应在 {low} 与 {high} 之间"),
    "naive": ("an instant needs a time zone", "时间必须带时区"),
    "window_order": ("the window ends before it begins", "时间窗的结束早于开始"),
    "delivery_before_pickup": ("delivery ends before pickup begins", "送达时间早于提货时间"),
    "same_place": ("origin and destination are the same place", "起点与终点相同"),
    "past": ("lies in the past", "时间已过"),
    "expires_late": ("an offer expires before its window ends", "有效期不得晚于时间窗结束"),
    "temperature_pair": (
        "give both ends of the temperature range, the lower first",
        "温度范围需同时填写下限和上限",
    ),
    "dg_class": ("is no class of dangerous goods, such as 3 or 2.1", "不是有效的危险品类别（如 3 或 2.1）"),
    "price_needed": ("a fixed price must be above 0", "一口价必须大于 0"),
    "price_unasked": ("an offer that asks for prices names none", "询价货源不填写价格"),
    "currency": ("only CNY is traded", "仅支持人民币 CNY"),
    "invited_needed": ("name the organizations that may see it", "请指定可见的企业"),
    "invited_one": ("a direct offer goes to exactly one organization", "定向货源只能指定一家企业"),
    "invited_unasked": ("a public offer invites nobody by name", "公开货源无需指定企业"),
    "plate": ("has 4 to 12 letters, digits or Chinese characters", "应为 4–12 位字母、数字或汉字"),
    "plate_taken": ("this vehicle is registered already", "该车辆已登记"),
    "certificate_name": (
        "a certificate's name has 1 to 40 of a-z, 0-9 and -",
        "证件名应为 1–40 位 a-z、0-9 或 -",
    ),
    "vehicle_offered": ("this vehicle has an open offer already", "该车辆已有有效的运力"),
    "over_vehicle": ("is more than the vehicle's {limit}", "超过车辆上限 {limit}"),
    "body_of_vehicle": ("the vehicle's body is {body}", "该车辆的车型为 {body}"),
    "sort_needs_capacity": ("sorting by match needs an open capacity of yours", "按匹配排序需要您有有效运力"),
    "cursor": ("this page marker is not one of ours", "无效的分页标记"),
    "unknown_place": ("there is no place {code} on this map", "地图上没有地点 {code}"),
    "price_positive": ("a price is above 0", "价格必须大于 0"),
    "reason_length": ("has at most {high} characters", "最多 {high} 个字符"),
    "vehicle_not_of_order": ("this vehicle is not the carrier's", "该车辆不属于承运人"),
    "document_hash": (
        "a document hash is 64 hexadecimal digits (SHA-256)",
        "文件摘要应为 64 位十六进制（SHA-256）",
    ),
    "load_taken": ("the load is taken or withdrawn", "货源已成交或撤回"),
    "load_changed": ("the load was changed after this quote; quote again", "报价后货源已变更，请重新报价"),
    "capacity_gone": ("the vehicle has no room left for this load", "该运力的剩余空间不足"),
    "quote_closed": ("the quote is {state}", "报价状态为 {state}"),
    "quote_exists": ("there is an open quote for this load and vehicle", "该货源与运力已有有效报价"),
    "load_not_open": ("the load is {state}", "货源状态为 {state}"),
    "capacity_not_open": ("the capacity is {state}", "运力状态为 {state}"),
    "vehicle_needed": ("bind a vehicle first", "请先指定车辆"),
    "not_yet": ("the order is still {state}", "订单当前状态为 {state}"),
}

WHY_NOT: Mapping[str, tuple[str, str]] = {
    "load_not_open": RULES["load_not_open"],
    "load_expired": ("the load has expired", "货源已过期"),
    "capacity_not_open": RULES["capacity_not_open"],
    "capacity_expired": ("the capacity has expired", "运力已过期"),
    "not_visible": ("the load is not offered to this carrier", "该货源未向此承运人开放"),
    "wrong_body": ("needs {needed}, is {offered}", "需要 {needed}，车型为 {offered}"),
    "too_heavy": ("{over_kg} kg too heavy", "超重 {over_kg} 千克"),
    "too_voluminous": ("{over_dm3} dm³ too voluminous", "体积超出 {over_dm3} 升"),
    "too_much_floor": ("{over_cm} cm of floor too little", "装载长度差 {over_cm} 厘米"),
    "piece_too_long": ("{over_cm} cm too long", "单件超长 {over_cm} 厘米"),
    "no_temperature_control": ("cannot keep a temperature", "车辆无温控"),
    "temperature": ("keeps {offered}, needs {needed} °C", "可控温 {offered}，需要 {needed} °C"),
    "no_certificate": ("lacks the certificate {name}", "缺少证件 {name}"),
    "certificate_expires": (
        "the certificate {name} expires on {on}, before delivery",
        "证件 {name} 于 {on} 到期，早于送达",
    ),
    "outside_origin_area": ("pickup lies {over_km} km outside the area", "提货地超出区域 {over_km} 公里"),
    "outside_destination_area": (
        "delivery lies {over_km} km outside the area",
        "送货地超出区域 {over_km} 公里",
    ),
    "other_lane": ("the vehicle is booked for another lane: {lane}", "车辆已接其他线路：{lane}"),
    "no_road": ("there is no road from {origin} to {destination}", "{origin} 至 {destination} 无可行道路"),
    "late_at_pickup": ("{late_min} min late at pickup", "提货将迟到 {late_min} 分钟"),
    "not_ready_in_time": (
        "is ready {late_min} min after the pickup window",
        "可用时间晚于提货时间窗 {late_min} 分钟",
    ),
    "late_at_delivery": ("{late_min} min late at delivery", "送达将迟到 {late_min} 分钟"),
    "price_below_floor": ("pays {short_fen} fen less than the carrier asks", "低于承运人底价 {short_fen} 分"),
}

REASONS: Mapping[str, tuple[str, str]] = {
    "deadhead": ("empty distance to the pickup", "空驶距离"),
    "unknown_position": ("position unknown: the empty distance is unknown", "位置未知：空驶距离未知"),
    "time_fit": ("time between arrival and the end of the pickup window", "到达距提货截止的时间"),
    "body": ("body", "车型"),
    "weight_use": ("use of the free space", "剩余空间利用率"),
    "margin": ("contribution to the price", "毛利率"),
    "backhaul": ("loads waiting at the destination", "目的地回程货源"),
    "price_index": ("price against similar loads", "与同类货源价格之比"),
}

_ALL = {**REASONS, **WHY_NOT, **RULES}
LANGUAGES = ("en", "zh")


def sentence(key: str, params: Params, language: str = "en") -> str:
    """The sentence of a key in `language` (zh or en). Raises KeyError for a key that is not listed here."""
    shown = {name: f"{value:g}" if isinstance(value, float) else value for name, value in params.items()}
    return _ALL[key][LANGUAGES.index(language)].format(**shown)
