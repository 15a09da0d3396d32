"""A rule on driver hours, and what a driver has behind them, as a row of numbers for compiled code."""

from __future__ import annotations

from haoyun.routing.hours import DriverState, HoursRule

# For what is not limited and what never comes; the same as flat.FAR.
FAR = 2**61

# Columns of a row. FIRST_PART to REST are the lengths at which a pause counts, the shortest first; FAR: none such.
(
    MAX_DRIVING, DAILY, SPAN, LONG_SPAN, FIRST_PART, SECOND_PART, BREAK, REDUCED, REST, SERVICE_COUNTS,
    FRESH, BEHIND, BEHIND_TODAY, DAY_BEGAN, PART_TAKEN, REDUCED_LEFT,
) = range(16)  # fmt: skip


def law_row(rule: HoursRule, driver: DriverState) -> tuple[int, ...]:
    """The numbers; a day that begins with the route begins at FAR."""
    first, second = rule.split_s or (None, None)
    reduces = rule.reduced_rest_s is not None
    return (
        _or_far(rule.max_driving_s),
        _or_far(rule.daily_driving_s),
        _or_far(rule.span_s),
        _or_far(None if rule.span_s is None else rule.long_span_s),
        _or_far(first),
        _or_far(second),
        FAR if rule.max_driving_s is None else rule.break_s,
        _or_far(rule.reduced_rest_s),
        _or_far(rule.rest_s),
        int(rule.service_is_break),
        int(driver.is_fresh),
        driver.driven_s,
        driver.driven_today_s,
        _or_far(driver.day_began_s),
        int(driver.first_part_taken),
        rule.reduced_left(driver.reduced_rests_used) if reduces else 0,
    )


def _or_far(limit: int | None) -> int:
    return FAR if limit is None else limit
