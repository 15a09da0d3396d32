"""What an e-mail says of an alert, in the language of the rule: plain words, since the worker has no pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from haoyun.platform.alerts.rule import Alert, NoticeKind
from haoyun.tracking.events import EventKind
from haoyun.tracking.exceptions import ExceptionKind

LANGUAGES = ("zh", "en")

# kind: (Chinese, English)
KINDS: Mapping[EventKind | NoticeKind, tuple[str, str]] = {
    EventKind.FENCE_ENTERED: ("进入围栏", "Fence entered"),
    EventKind.FENCE_LEFT: ("离开围栏", "Fence left"),
    EventKind.FENCE_DWELT: ("在围栏内停留过久", "Long stay in a fence"),
    EventKind.SPEEDING: ("超速", "Too fast"),
    EventKind.DELAYED: ("延误", "Delayed"),
    EventKind.ON_TIME_AGAIN: ("恢复准时", "On time again"),
    EventKind.OFF_ROUTE: ("偏离计划路线", "Off the planned way"),
    EventKind.BACK_ON_ROUTE: ("回到计划路线", "Back on the planned way"),
    EventKind.SILENT: ("失去联系", "Nothing heard"),
    EventKind.HEARD_AGAIN: ("恢复联系", "Heard again"),
    EventKind.GAP: ("行驶中无信号", "Silence while driving"),
    EventKind.JAMMING: ("疑似定位干扰", "Position suspiciously lost"),
    EventKind.TEMPERATURE_OUT: ("温度超出范围", "Temperature out of range"),
    EventKind.TEMPERATURE_BACK: ("温度恢复正常", "Temperature back in range"),
    EventKind.DOOR_OPENED_EN_ROUTE: ("行驶中车门打开", "Door open while driving"),
    EventKind.BREAK_DUE: ("即将需要休息", "Break due soon"),
    EventKind.HOURS_BREACHED: ("驾驶时间超限", "Driving time exceeded"),
    EventKind.EXCEPTION: ("货物异常", "Exception of a shipment"),
    NoticeKind.PAPER_EXPIRES: ("证件即将到期", "A paper expires soon"),
    NoticeKind.LANE_MATCH: ("收藏线路有新货源或车源", "A new offer on a saved lane"),
    NoticeKind.STILL_VALID: ("信息是否仍然有效？", "Is it still valid?"),
    NoticeKind.FLAGGED: ("信息疑似不实", "An offer looks false"),
    NoticeKind.NOT_POSTED: ("定期发布未成功", "A repeat could not post its offer"),
    NoticeKind.OUTBID: ("您的出价已被超越", "You were underbid"),
    NoticeKind.AUCTION_CLOSED: ("竞价已截止，请定标", "The auction has closed: choose a bid"),
    NoticeKind.AUCTION_AWARDED: ("您的竞价已成交", "Your auction was awarded"),
    NoticeKind.AUCTION_WON: ("您已中标，请确认订单", "You won the auction: confirm the order"),
    NoticeKind.AUCTION_LOST: ("竞价由其他承运人中标", "The auction went to another carrier"),
    NoticeKind.AUCTION_UNSOLD: ("竞价流标", "The auction ended without an award"),
    NoticeKind.DOCK_BOOKED: ("月台已被预约", "Dock booked"),
    NoticeKind.DOCK_REBOOKED: ("月台预约已改期", "Dock booking moved"),
    NoticeKind.DOCK_CANCELLED: ("月台预约已取消", "Dock booking cancelled"),
    NoticeKind.DOCK_NO_SHOW: ("预约车辆未到", "Booked vehicle did not come"),
}
# figure: (Chinese, English); seconds are told in minutes
_FIGURES: Mapping[str, tuple[str, str]] = {
    "name": ("地点：{value}", "place: {value}"),
    "speed_kmh": ("车速：{value} 公里/小时", "speed: {value} km/h"),
    "limit_kmh": ("限速：{value} 公里/小时", "limit: {value} km/h"),
    "delay_s": ("晚点：{value} 分钟", "late by: {value} min"),
    "arrival": ("预计到达：{value}", "expected arrival: {value}"),
    "stayed_s": ("停留：{value} 分钟", "stayed: {value} min"),
    "away_s": ("偏离时长：{value} 分钟", "away for: {value} min"),
    "gap_s": ("无信号：{value} 分钟", "silent for: {value} min"),
    "driven_s": ("已驾驶：{value} 分钟", "driven: {value} min"),
    "left_s": ("剩余：{value} 分钟", "left: {value} min"),
    "beside_m": ("偏离距离：{value} 米", "beside the way: {value} m"),
    "value_c": ("温度：{value} °C", "temperature: {value} °C"),
    "worst_c": ("最差温度：{value} °C", "worst: {value} °C"),
    "exception": ("异常：{value}", "exception: {value}"),
    "holder": ("车辆或司机：{value}", "vehicle or driver: {value}"),
    "paper": ("证件：{value}", "paper: {value}"),
    "expires": ("有效期至：{value}", "valid until: {value}"),
    "goods": ("货物：{value}", "goods: {value}"),
    "lane": ("线路：{value}", "lane: {value}"),
    "pickup": ("提货：{value}", "pickup: {value}"),
    "ready": ("可装货：{value}", "ready: {value}"),
    "day": ("日期：{value}", "day: {value}"),
    "plate": ("车牌：{value}", "plate: {value}"),
    "slot": ("时段：{value}", "slot: {value}"),
}
_INSTANTS = ("arrival", "expires", "pickup", "ready", "slot")
EXCEPTIONS: Mapping[ExceptionKind, tuple[str, str]] = {
    ExceptionKind.MISSED_READ: ("货物漏读", "a unit was not read"),
    ExceptionKind.TEMPERATURE: ("温度超出范围", "temperature out of range"),
    ExceptionKind.CUSTODY_GAP: ("交接情况不明", "custody is not known"),
    ExceptionKind.SHORT: ("数量短少", "fewer units came out"),
    ExceptionKind.DAMAGED: ("货损", "damaged"),
    ExceptionKind.SEAL_BROKEN: ("封签破损", "seal broken"),
    ExceptionKind.REFUSED: ("拒收", "refused"),
    ExceptionKind.OTHER: ("其他", "other"),
}
_FRAME: Mapping[str, tuple[str, str]] = {
    "vehicle": ("车辆：{value}", "vehicle: {value}"),
    "at": ("时间：{value}", "time: {value}"),
    "order": ("订单：{value}", "order: {value}"),
    "foot": (
        "您的组织设置了该提醒。规则与消息见平台“告警”页面（/alerts）。",
        "Your organization asked for this. Rules and inbox: the page Alerts (/alerts).",
    ),
}


def mail_words(alert: Alert, language: str, plate: str, zone: tzinfo) -> tuple[str, str]:
    """(subject, text) of an e-mail with times in `zone`; `plate` may be empty."""
    which = 0 if language == "zh" else 1
    title = KINDS[alert.kind][which]
    lines = [title, ""]
    if plate:
        lines.append(_FRAME["vehicle"][which].format(value=plate))
    lines.append(_FRAME["at"][which].format(value=_instant(alert.at, zone)))
    if alert.order_id:
        lines.append(_FRAME["order"][which].format(value=alert.order_id))
    for key, value in alert.data.items():
        name = "lane" if key == f"lane_{language}" else key
        if name in _FIGURES and value != "":
            shown = (
                EXCEPTIONS[ExceptionKind(str(value))][which]
                if name == "exception"
                else _shown(name, value, zone)
            )
            lines.append(_FIGURES[name][which].format(value=shown))
    subject = f"好运 · {title}" if language == "zh" else f"Haoyun: {title}"
    return f"{subject} · {plate}" if plate else subject, "\n".join([*lines, "", _FRAME["foot"][which], ""])


def _instant(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M (UTC%z)}"


def _shown(name: str, value: str | float | bool, zone: tzinfo) -> str:
    if name in _INSTANTS:
        return _instant(datetime.fromisoformat(str(value)), zone)
    if isinstance(value, str):
        return value[:200]
    if name.endswith("_s"):
        return f"{value / 60:.0f}"
    return f"{value:.1f}" if name.endswith("_c") else f"{value:.0f}"
