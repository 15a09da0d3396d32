"""What each series is called and what it says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from haoyun.platform.statistics.series import Series

# series -> ((title zh, title en), (definition zh, definition en))
WORDS: Mapping[Series, tuple[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        Series.PRICE: (
            ("线路运价指数", "Lane price index"),
            (
                "已确认订单每公里运价，按车型、重量和距离调整到平均水平后取中间一半的均值；指数以首期为100。",
                "Price of a kilometre of confirmed orders, adjusted to an order of average body, weight and distance;"
                " the mean of the middle half. Index: first period = 100.",
            ),
        ),
        Series.ASK: (
            ("挂牌价指数", "Asking price index"),
            (
                "公开货源的一口价，方法与线路运价指数相同；这是要价，不是成交价。",
                "Fixed prices of public loads by the same method; what is asked, not what is agreed.",
            ),
        ),
        Series.RATIO: (
            ("货车比（货源/运力）", "Load-to-truck ratio"),
            ("本期发布的货源数除以运力数，按起点统计。", "Loads posted for each truck posted, by where they start."),
        ),
        Series.EMPTY: (
            ("空驶率（按订单）", "Empty running (orders)"),
            (
                "空驶里程占全部里程的比例：同一车辆上一单终点（没有则为运力起点）到本次装货地的道路距离。",
                "Empty share of all kilometres: by road from the end of the vehicle's order before"
                " (else from where it was offered) to the pickup.",
            ),
        ),
        Series.EMPTY_TRACKED: (
            ("空驶率（按定位）", "Empty running (tracked)"),
            (
                "同上，但里程由车载设备测得，只含被跟踪的车辆。",
                "The same with kilometres that the vehicles' devices measured, where they are followed.",
            ),
        ),
        Series.MATCH_TIME: (
            ("首次匹配用时", "Time to the first match"),
            (
                "从发布货源到首次匹配的小时数，取中间一半的均值。",
                "Hours from posting a load to its first match; the mean of the middle half.",
            ),
        ),
        Series.COVER_TIME: (
            ("成交用时", "Time to cover"),
            (
                "从发布货源到承运人确认的小时数，取中间一半的均值。",
                "Hours from posting a load to the carrier's confirmation; the mean of the middle half.",
            ),
        ),
        Series.PICKUP_ON_TIME: (
            ("准时装货率", "Pickups on time"),
            (
                "在装货时间窗结束前离开装货地的订单比例（有观测的订单）。",
                "Share of observed orders that left the origin before the pickup window ended.",
            ),
        ),
        Series.DELIVERY_ON_TIME: (
            ("准时送达率", "Deliveries on time"),
            (
                "在送达时间窗结束前送达的订单比例（有观测的订单）。",
                "Share of observed orders that were delivered before the delivery window ended.",
            ),
        ),
    }
)  # fmt: skip


def title(series: Series, language: str) -> str:
    """The name of a series."""
    return WORDS[series][0][0 if language == "zh" else 1]


def definition(series: Series, language: str) -> str:
    """What it says, in one sentence."""
    return WORDS[series][1][0 if language == "zh" else 1]
