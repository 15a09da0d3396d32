"""Rules of warehouses, docks and their bookings as sentences, English and Chinese; see words.py."""

from __future__ import annotations

from collections.abc import Mapping

_DAYS = (
    ("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"),
    ("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期日"),
)  # fmt: skip
# What is wrong with a wished time. What is wrong also stands with what would be right: `<key>_next`.
_TIMES: Mapping[str, tuple[str, str]] = {
    "dock_past": ("lies in the past", "时间已过"),
    "dock_lead": ("is booked at least {minutes} minutes ahead", "须至少提前 {minutes} 分钟预约"),
    "dock_horizon": (
        "is booked at most {days} days ahead, until {last}",
        "最多提前 {days} 天预约（截至 {last}）",
    ),
    "dock_closed_day": ("closed on {day}", "{day} 不营业"),
    **{f"dock_closed_{i}": (f"closed on {en}", f"{zh}不营业") for i, (en, zh) in enumerate(_DAYS, start=1)},
    "dock_outside": ("open {hours} on that day", "当天营业时间为 {hours}"),
    "dock_between_slots": ("slots begin at {before} and {after}", "时段从 {before} 或 {after} 开始"),
    "dock_run": (
        "only {most} slots of {minutes} minutes follow each other from then on",
        "从该时间起只有 {most} 个连续时段（每个 {minutes} 分钟）",
    ),
    "dock_taken": ("this time is taken", "该时段已被占用"),
}

# What of a vehicle a dock does not take.
_FITS: Mapping[str, tuple[str, str]] = {
    "dock_only_unload": ("this dock only unloads", "该月台只卸货"),
    "dock_only_load": ("this dock only loads", "该月台只装货"),
    "dock_body": ("this dock takes {takes}; the vehicle is {body}", "该月台接受 {takes}，车辆为 {body}"),
    "dock_length": (
        "this dock takes up to {most} m; the vehicle has {has} m",
        "该月台最长 {most} 米，车辆为 {has} 米",
    ),
    "dock_height": (
        "this dock takes up to {most} m of height; the vehicle has {has} m",
        "该月台限高 {most} 米，车辆高 {has} 米",
    ),
    "dock_height_unsaid": (
        "this dock takes up to {most} m of height; say how high the vehicle is ({has} m is assumed)",
        "该月台限高 {most} 米，请填写车辆高度（未填写按 {has} 米计）",
    ),
    "dock_hazardous": ("this dock takes no dangerous goods", "该月台不接受危险品"),
    "dock_refrigerated": ("this dock has no refrigeration", "该月台没有冷藏条件"),
}
_WRONG = {**_TIMES, **_FITS}

DOCKS: Mapping[str, tuple[str, str]] = {
    **_WRONG,
    **{
        f"{key}_next": (f"{en}; next free: {{next}} at {{dock}}", f"{zh}；最近空闲：{{next}}（{{dock}}）")
        for key, (en, zh) in _WRONG.items()
    },
    "dock_hours": (
        "hours of a day are written as {example}; empty means closed",
        "营业时间格式为 {example}，留空表示不营业",
    ),
    "dock_hours_order": (
        "the times of a day follow each other without overlapping, such as {example}",
        "一天中的各时间段须按先后填写且不重叠，如 {example}",
    ),
    "dock_hours_many": ("a day has at most {most} times", "一天最多 {most} 个时间段"),
    "dock_quarters": (
        "hours begin and end on {minutes}-minute marks",
        "营业时间须为 {minutes} 分钟的整数倍",
    ),
    "dock_week": ("give seven days, Monday first", "请填写七天，从星期一开始"),
    "dock_never_open": ("is open on at least one day", "至少有一天营业"),
    "dock_position": (
        "a position is latitude and longitude in degrees (WGS-84), such as 29.87 and 121.55",
        "位置为 WGS-84 经纬度（度），如 29.87 和 121.55",
    ),
    "dock_zone": ("is no time zone; write one such as {example}", "不是有效的时区，例如 {example}"),
    "dock_days": (
        "one day a line, or its first and last day such as {example}",
        "每行一天，或首末两天，如 {example}",
    ),
    "dock_closed_many": ("at most {most} days", "最多 {most} 天"),
    "dock_purposes": ("choose loading, unloading or both", "请选择装货、卸货或两者"),
    "dock_slot_min": (
        "a slot has a multiple of {step} minutes, at most {high}",
        "时段长度应为 {step} 分钟的整数倍，最多 {high} 分钟",
    ),
    "dock_no_fit": (
        "no dock of this warehouse takes it: {reason}",
        "该仓库没有合适的月台：{reason}",
    ),
    "dock_none_free": (
        "nothing is free until {last}; ask for fewer slots, or another warehouse",
        "{last} 前没有空闲时段，请减少时段数或选择其他仓库",
    ),
    "dock_not_movable": ("a booking that is {state} cannot be moved", "状态为 {state} 的预约不能改期"),
    "dock_no_show_early": (
        "nobody is missing before the slot begins at {at}",
        "时段 {at} 开始前不能登记为未到",
    ),
    "dock_gate_only": (
        "the warehouse's gate says that a vehicle came and was served",
        "到场和作业由仓库门岗登记",
    ),
    "dock_other_warehouse": (
        "a booking is moved within its warehouse; cancel it and book the other one",
        "只能在同一仓库内改期；如需更换仓库，请取消后重新预约",
    ),
    "dock_order_unknown": ("there is no order of yours with this number", "没有属于贵方的该订单"),
    "dock_order_over": ("the order is {state}", "订单状态为 {state}"),
    "dock_vehicle_or_plate": (
        "choose a vehicle, or give plate, body and length",
        "请选择车辆，或填写车牌、车型和长度",
    ),
    "dock_has_bookings": (
        "{count} bookings stand in the way, the first on {first}; move or cancel them first",
        "还有 {count} 个预约（最早 {first}），请先改期或取消",
    ),
    "dock_closure_far": ("begins at most {days} days ahead", "最多提前 {days} 天"),
    "dock_closure_long": ("closes for at most {days} days at once", "一次最多停用 {days} 天"),
    "dock_too_many_warehouses": (
        "an organization has at most {most} warehouses",
        "每个组织最多 {most} 个仓库",
    ),
    "dock_too_many": ("a warehouse has at most {most} docks", "每个仓库最多 {most} 个月台"),
    "dock_name_taken": ("another dock of this warehouse has this name", "该仓库已有同名月台"),
    "dock_near": (
        "is a place of this map, or a position such as 29.87,121.55",
        "应为地图上的地点，或如 29.87,121.55 的位置",
    ),
}
