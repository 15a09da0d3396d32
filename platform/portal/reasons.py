"""The reasons of a match in words: a chip of two or three, and what the reason was taken from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from haoyun.platform.market.match import Evidence, Reason
from haoyun.platform.portal.formats import duration, in_zone, km, money, percent
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import BODIES

Words = Callable[[float], str]


def chip(reason: Reason) -> str:
    """A reason in two or three words."""
    if reason.value is None:
        return _UNKNOWN[reason.key]() if reason.key in _UNKNOWN else reason.key
    return _KNOWN[reason.key](reason.value) if reason.key in _KNOWN else reason.key


def chips(reasons: tuple[Reason, ...], most: int = 4) -> list[dict[str, str]]:
    """The reasons that weigh most, the strongest first; an unknown position is never left out."""
    telling = [r for r in reasons if not (r.key == "backhaul" and not r.value)]
    telling = [r for r in telling if r.value is not None or r.key not in ("on_time", "kept")]
    telling.sort(key=lambda r: (r.key != "unknown_position", -r.points))
    return [{"text": chip(r), "tone": "warn" if r.key == "unknown_position" else ""} for r in telling[:most]]


def evidence(reason: Reason) -> str:
    """What a reason was taken from."""
    return _EVIDENCE[reason.key](reason.evidence) if reason.key in _EVIDENCE else ""


_KNOWN: Mapping[str, Words] = {
    "deadhead": lambda metres: gettext("empty %(km)s", km=km(metres)),
    "time_fit": lambda minutes: gettext("%(time)s to spare", time=duration(minutes * 60)),
    "body": lambda _: gettext("body as asked"),
    "weight_use": lambda share: gettext("%(share)s full", share=percent(share)),
    "margin": lambda share: gettext("margin %(share)s", share=percent(share)),
    "backhaul": lambda loads: (
        gettext("return loads: %(n)s", n=round(loads)) if loads else gettext("no return load")
    ),
    "price_index": lambda share: gettext("price level %(share)s", share=percent(share)),
    "detour": lambda metres: gettext("detour %(km)s", km=km(metres)),
    "on_time": lambda share: gettext("%(share)s in time", share=percent(share)),
    "kept": lambda share: gettext("%(share)s of orders kept", share=percent(share)),
}
_UNKNOWN: Mapping[str, Callable[[], str]] = {
    "unknown_position": lambda: gettext("position unknown"),
    "body": lambda: gettext("any body"),
    "price_index": lambda: gettext("price on request"),
    "margin": lambda: gettext("price against cost"),
    "on_time": lambda: gettext("too few deliveries to tell"),
    "kept": lambda: gettext("too few orders to tell"),
}


def _position(e: Evidence) -> str:
    if e.get("seen_at"):
        return gettext("position of %(at)s", at=_clock(e, "seen_at"))
    if e.get("at_most_m"):
        return gettext("assumed: at most %(km)s", km=km(_number(e, "at_most_m")))
    return gettext("from the place it was offered at")


def _time(e: Evidence) -> str:
    wait = duration(_number(e, "waiting_min") * 60)
    return gettext("arrives %(at)s, waits %(wait)s", at=_clock(e, "arrives_at"), wait=wait)


def _space(e: Evidence) -> str:
    return gettext("%(load)s kg of %(free)s kg free", load=_count(e, "weight_kg"), free=_count(e, "free_kg"))


def _margin(e: Evidence) -> str:
    if not e:
        return gettext("what it costs is the carrier's business")
    return gettext("price %(price)s, costs %(cost)s", price=_yuan(e, "price_fen"), cost=_yuan(e, "cost_fen"))


def _backhaul(e: Evidence) -> str:
    loads, vehicles = _count(e, "loads"), _count(e, "vehicles")
    return gettext("%(loads)s loads and %(vehicles)s vehicles there", loads=loads, vehicles=vehicles)


def _price_index(e: Evidence) -> str:
    return gettext("usual: ¥%(price)s per km", price=f"{_number(e, 'index_fen_per_km') / 100:.2f}")


def _body(e: Evidence) -> str:
    offered = str(e.get("offered") or "")
    return str(BODIES.get(offered, offered))


def _orders(e: Evidence) -> str:
    return gettext("from %(n)s orders", n=_count(e, "orders"))


_EVIDENCE: Mapping[str, Callable[[Evidence], str]] = {
    "deadhead": _position,
    "unknown_position": _position,
    "time_fit": _time,
    "weight_use": _space,
    "margin": _margin,
    "backhaul": _backhaul,
    "price_index": _price_index,
    "body": _body,
    "detour": _position,
    "on_time": _orders,
    "kept": _orders,
}


def _clock(e: Evidence, name: str) -> str:
    value = e.get(name)
    return in_zone(datetime.fromisoformat(str(value)), "HH:mm") if value else "–"


def _number(e: Evidence, name: str) -> float:
    return float(e.get(name) or 0)


def _count(e: Evidence, name: str) -> str:
    return f"{_number(e, name):,.0f}"


def _yuan(e: Evidence, name: str) -> str:
    return money(round(_number(e, name) / 100) * 100)
