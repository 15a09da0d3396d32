"""Driving and rest by rule, from what the vehicle did: a warning before a limit, an event when it is broken.

A vehicle's fixes are not a tachograph: driving is the time between two fixes in which it went somewhere; a pause is any
other time. Through a silence it is taken to have driven as long as the distance needs, and to have paused for the rest.
A change of the `driver` that the device names starts anew.
"""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.steps.fold import HoursState
from haoyun.tracking.steps.passage import Passage
from haoyun.tracking.steps.rules import CHINA, DrivingRule

SILENCE_MS = 300_000
SILENT_M_S = 17.0  # 61 km/h: how fast an unseen stretch is taken to have been driven
_BREAK_DUE, _CONTINUOUS, _DAY_DUE, _DAILY = 1, 2, 4, 8


def count_hours(p: Passage) -> None:
    """Add the time since the last believed fix. After `measure`."""
    if p.since_ms <= 0:
        return
    rule = (
        p.rules.driving or CHINA
    )  # counted for the estimate of arrival in any case, told only where it is asked for
    _change_driver(p)
    hours = p.fold.hours
    if p.since_ms <= SILENCE_MS:
        driven_ms = p.since_ms if p.step_m > 0 and (p.was_moving or p.fold.moving) else 0
    else:
        driven_ms = min(p.since_ms, round(p.step_m / SILENT_M_S * 1000))
    _pause(hours, rule, p.since_ms - driven_ms)
    if driven_ms:
        _drive(p, hours, rule, driven_ms)


def _change_driver(p: Passage) -> None:
    driver = p.fix.sensors.get("driver") if p.fix.sensors else None
    if driver is not None and str(driver) != p.fold.hours.driver:
        p.fold.hours = HoursState(driver=str(driver)[:40])


def _pause(hours: HoursState, rule: DrivingRule, pause_ms: int) -> None:
    hours.pause_ms += pause_ms
    pause_s = hours.pause_ms / 1000
    ends_period = rule.break_s
    if rule.split_s is not None and hours.first_part:
        ends_period = min(ends_period, rule.split_s[1])
    if pause_s >= ends_period:
        hours.driven_ms, hours.first_part = 0, False
        hours.told &= ~(_BREAK_DUE | _CONTINUOUS)
    if rule.rest_s is not None and pause_s >= rule.rest_s:
        hours.today_ms = 0
        hours.told = 0


def _drive(p: Passage, hours: HoursState, rule: DrivingRule, driven_ms: int) -> None:
    if rule.split_s is not None and hours.driven_ms and hours.pause_ms >= rule.split_s[0] * 1000:
        hours.first_part = True
    hours.pause_ms = 0
    hours.driven_ms += driven_ms
    hours.today_ms += driven_ms
    driven_s, today_s = hours.driven_ms / 1000, hours.today_ms / 1000
    _tell(p, driven_s, rule.driving_s, rule.warn_s, ("continuous", _BREAK_DUE, _CONTINUOUS))
    if rule.daily_driving_s is not None:
        _tell(p, today_s, rule.daily_driving_s, rule.warn_s, ("daily", _DAY_DUE, _DAILY))


def _tell(p: Passage, driven_s: float, limit_s: int, warn_s: int, what: tuple[str, int, int]) -> None:
    if p.rules.driving is None:
        return
    subject, due, breached = what
    hours = p.fold.hours
    driver = {"driver": hours.driver} if hours.driver else {}
    if driven_s > limit_s and not hours.told & breached:
        hours.told |= breached | due
        p.tell(EventKind.HOURS_BREACHED, subject, driven_s=round(driven_s), limit_s=limit_s, **driver)
    elif driven_s >= limit_s - warn_s and not hours.told & due:
        hours.told |= due
        p.tell(
            EventKind.BREAK_DUE, subject, driven_s=round(driven_s), left_s=round(limit_s - driven_s), **driver
        )
