"""Driver hours: how long one may drive, when a break or a rest is due, and what the driver has behind them.

What counts as what, second by second of a route:

- *Driving* is travel between two places. *Work* is service at a stop (setup and cleaning included) and at a reload.
- A *pause* is any uninterrupted time in which the driver neither drives nor works: the pauses that the plan names
  and waiting at a stop, which needs no name (a truck that is early might as well stand at the last lay-by).
  With `service_is_break` service counts towards breaks too (others load while the driver is free), never towards
  a rest. A pause may be taken anywhere along a leg and at a stop before service or after it.
- A pause of `break_s` ends a period of driving. With `split_s` = (first, second) so does a pause of at least
  `second` after an earlier separate pause of at least `first` in the same period, in this order; the first part
  comes after some driving of the period.
- A pause of `rest_s` is a daily rest: a new day begins at its end, with no driving behind it. If it begins later than
  `span_s` after the day began, or is shorter than `rest_s` but at least `reduced_rest_s`, it is a reduced rest, of
  which the driver may take `reduced_rests`; it must begin within `long_span_s`. The rest after the route begins at
  its end. A pause that is long enough is a rest whether it was meant to be one or not.
- Unlawful: each second of driving beyond `max_driving_s` in a period or `daily_driving_s` in a day, and each second
  of driving or work later than `span_s` (`long_span_s` while a reduced rest is left) after the day began.

Not modelled, since they need a driver's week: extensions to 10 hours (561/2006 article 6(1)), the weekly and
fortnightly sums (6(2), 6(3)), weekly rests (8(6)), a daily rest in two parts (4(g)), double manning (8(5)).
"""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.routing.errors import require

_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class HoursRule:
    """What the law or the contract asks of a driver; seconds, None for no such limit. The module says what counts."""

    name: str = "none"
    max_driving_s: int | None = None
    break_s: int = 0
    split_s: tuple[int, int] | None = None
    daily_driving_s: int | None = None
    rest_s: int | None = None
    span_s: int | None = None
    reduced_rest_s: int | None = None
    long_span_s: int | None = None
    reduced_rests: int = 0
    service_is_break: bool = False

    def __post_init__(self) -> None:
        """Refuse limits that are not positive or that contradict one another."""
        label = f"hours rule {self.name}"
        for name in ("max_driving_s", "daily_driving_s", "rest_s", "span_s", "reduced_rest_s", "long_span_s"):
            value = getattr(self, name)
            require(value is None or value > 0, f"{name} of {label} must be positive, not {value}")
        require(
            (self.max_driving_s is None) == (self.break_s == 0) and self.break_s >= 0,
            f"{label} needs max_driving_s and break_s together",
        )
        if self.split_s is not None:
            first, second = self.split_s
            require(
                first > 0 and 0 < second <= self.break_s and first <= self.break_s,
                f"the parts of a split break of {label} must be positive and at most break_s ({self.break_s} s)",
            )
            require(
                first + second >= self.break_s,
                f"the parts of a split break of {label} are too short together",
            )
        ends = self.daily_driving_s is not None or self.span_s is not None
        require(self.rest_s is not None or not ends, f"{label} limits the day, so it needs rest_s to end it")
        require((self.rest_s or self.break_s) >= self.break_s, f"rest_s of {label} is shorter than a break")
        self._check_reduced(label)

    def _check_reduced(self, label: str) -> None:
        require(self.reduced_rests >= 0, f"reduced_rests of {label} is negative ({self.reduced_rests})")
        if self.reduced_rest_s is None:
            require(
                self.long_span_s is None and self.reduced_rests == 0,
                f"{label} has reduced rests, so it needs reduced_rest_s",
            )
            return
        require(
            self.rest_s is not None and self.break_s <= self.reduced_rest_s <= self.rest_s,
            f"reduced_rest_s of {label} must lie between a break and rest_s",
        )
        if self.span_s is not None:
            require(
                self.long_span_s is not None and self.long_span_s >= self.span_s,
                f"long_span_s of {label} must be at least span_s",
            )

    @property
    def binds(self) -> bool:
        """Whether it limits anything at all."""
        return not (self.max_driving_s is None and self.daily_driving_s is None and self.span_s is None)

    def reduced_left(self, used: int) -> int:
        """How many reduced rests are left after `used`."""
        return max(self.reduced_rests - used, 0)

    def span_limit_s(self, used: int) -> int | None:
        """How long after the day's beginning one may drive and work, after `used` reduced rests."""
        return self.long_span_s if self.reduced_left(used) and self.span_s is not None else self.span_s


@dataclass(frozen=True, slots=True)
class DriverState:
    """What the driver has behind them when the route begins; all zero: rested.

    A driver with anything behind them begins at the earliest instant that the vehicle may; standing there counts
    as a pause.
    """

    driven_s: int = 0  # since the last full break
    driven_today_s: int = 0  # since the last daily rest
    day_began_s: int | None = (
        None  # end of the last daily rest, on the problem's clock; None: when the route begins
    )
    first_part_taken: bool = False  # of a split break, since the last full one
    reduced_rests_used: int = 0

    def __post_init__(self) -> None:
        """Refuse negative figures and more driving since a break than today."""
        for name in ("driven_s", "driven_today_s", "reduced_rests_used"):
            value = getattr(self, name)
            require(value >= 0, f"{name} of a driver is negative ({value})")
        require(
            self.driven_s <= self.driven_today_s,
            f"a driver has driven {self.driven_s} s since the last break but {self.driven_today_s} s today",
        )

    @property
    def is_fresh(self) -> bool:
        """Whether the driver comes rested, so that beginning later changes nothing."""
        return self.driven_today_s == 0 and self.day_began_s is None


RESTED = DriverState()
NONE = HoursRule()
# Regulation (EC) No 561/2006: article 7 (4 h 30 min, then 45 min or 15 + 30), 6(1) (9 h a day), 8(2) with 4(g)
# (within 24 h after the last daily rest a new one of 11 h, or of 9 h, must have been taken: hence spans of
# 13 h and 15 h), 8(4) (three reduced ones between two weekly rests).
EU_561 = HoursRule(
    name="eu_561",
    max_driving_s=4 * _HOUR + 30 * _MINUTE,
    break_s=45 * _MINUTE,
    split_s=(15 * _MINUTE, 30 * _MINUTE),
    daily_driving_s=9 * _HOUR,
    rest_s=11 * _HOUR,
    span_s=13 * _HOUR,
    reduced_rest_s=9 * _HOUR,
    long_span_s=15 * _HOUR,
    reduced_rests=3,
)
# China: Regulation implementing the Road Traffic Safety Law, article 62(7): no motor vehicle is driven for more than
# 4 h without stopping for at least 20 min. 8 h within any 24 h is written for coaches (safety rules for passenger
# transport operators, article 38(2), State Council 2012 no. 30) and is asked of hauliers in practice. Days of at most
# 8 h of driving with pauses of 16 h between them keep it in whatever 24 h one looks at: a sufficient condition, not a
# necessary one.
CHINA = HoursRule(
    name="china",
    max_driving_s=4 * _HOUR,
    break_s=20 * _MINUTE,
    daily_driving_s=8 * _HOUR,
    rest_s=16 * _HOUR,
)
PRESETS = {rule.name: rule for rule in (NONE, EU_561, CHINA)}
