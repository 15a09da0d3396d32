"""The score of a feasible pair: what it earns, and the reasons with their evidence.

contribution = price - (empty + loaded way, or the detour) x cost per km - waiting + expected backhaul. Tolls are part
of the carrier's cost per km. Points are bounded by the weights below, which sum to 100. What is unknown is neither
good nor bad: it takes half of its weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.figures import Figures, PriceBasis
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Evidence, Inputs, Match, Reason
from haoyun.platform.market.values import Body
from haoyun.platform.market.way import Known, Trip

WEIGHTS = {
    "deadhead": 28.0,
    "margin": 23.0,
    "time_fit": 14.0,
    "weight_use": 9.0,
    "backhaul": 9.0,
    "price_index": 5.0,
    "body": 4.0,
    "on_time": 5.0,
    "kept": 3.0,
}
# What a reason is called where its value is something else: the weight is that of the reason it stands for.
STANDS_FOR = {"unknown_position": "deadhead", "detour": "deadhead"}
EMPTY_SHARE_WITHOUT_POINTS = 0.5  # half of the way empty is as bad as it gets
GOOD_MARGIN = 0.30
WAIT_WITHOUT_POINTS_S = 12 * 3600
COMFORTABLE_SLACK_S = 2 * 3600
UNKNOWN_SHARE = 0.5
ANY_BODY_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Money:
    """The figures behind a contribution, in fen."""

    price_fen: float
    basis: PriceBasis
    cost_fen: float
    waiting_fen: float
    backhaul_fen: float

    @property
    def contribution_fen(self) -> int:
        """What is left for the carrier."""
        return round(self.price_fen - self.cost_fen - self.waiting_fen + self.backhaul_fen)


def score(load: Load, capacity: Capacity, way: Trip, figures: Figures) -> Match:
    """The match of a feasible pair."""
    money = _money(load, capacity, way, figures)
    reasons = (
        _deadhead(load, way),
        _margin(load, money),
        _time_fit(load, way),
        _use(load, capacity),
        _backhaul(figures, money),
        _price_index(load, money),
        _body(load.body, capacity.body),
        _kept_word("on_time", figures.carrier.on_time, figures.carrier.deliveries),
        _kept_word("kept", figures.shipper.kept, figures.shipper.orders),
    )
    return Match(
        load_id=load.id,
        capacity_id=capacity.id,
        score=round(sum(reason.points for reason in reasons), 2),
        contribution_fen=money.contribution_fen,
        deadhead_m=None if way.known is Known.UNKNOWN else round(way.empty_m, 1),
        pickup_at=way.pickup_at,
        delivery_at=way.delivery_at,
        reasons=tuple(sorted(reasons, key=lambda r: -r.points)),
        inputs=Inputs(load.version, capacity.version, way, figures),
    )


def _money(load: Load, capacity: Capacity, way: Trip, figures: Figures) -> Money:
    loaded_km = load.distance_m / 1000
    driven_m = way.empty_m + load.distance_m if way.detour_m is None else way.detour_m
    return Money(
        price_fen=load.price_fen if load.price_fen is not None else figures.basis.per_km_fen * loaded_km,
        basis=figures.basis,
        cost_fen=driven_m / 1000 * capacity.cost_per_km_fen,
        waiting_fen=way.waiting_s / 3600 * figures.costs.waiting_per_hour_fen,
        backhaul_fen=figures.backhaul_chance
        * figures.costs.backhaul_share
        * loaded_km
        * capacity.cost_per_km_fen,
    )


def _reason(key: str, value: float | None, unit: str, share: float, evidence: Evidence) -> Reason:
    weight = WEIGHTS[STANDS_FOR.get(key, key)]
    points = round(weight * min(1.0, max(0.0, share)), 2)
    return Reason(key, None if value is None else round(value, 3), unit, weight, points, evidence)


def _deadhead(load: Load, way: Trip) -> Reason:
    if way.detour_m is not None:
        share = way.detour_m / (way.detour_m + load.distance_m)
        booked: Evidence = {
            "basis": way.known.value,
            "seen_at": _iso(way.seen_at),
            "detour_share": round(share, 3),
        }
        return _reason("detour", way.detour_m, "m", 1 - share / EMPTY_SHARE_WITHOUT_POINTS, booked)
    if way.known is Known.UNKNOWN:
        assumed: Evidence = {"basis": way.known.value, "at_most_m": round(way.empty_m)}
        return _reason("unknown_position", None, "m", 0.0, assumed)
    share = way.empty_m / (way.empty_m + load.distance_m)
    evidence: Evidence = {
        "basis": way.known.value,
        "seen_at": _iso(way.seen_at),
        "empty_share": round(share, 3),
    }
    return _reason("deadhead", way.empty_m, "m", 1 - share / EMPTY_SHARE_WITHOUT_POINTS, evidence)


def _margin(load: Load, money: Money) -> Reason:
    margin = money.contribution_fen / money.price_fen
    evidence: Evidence = {
        "price_fen": round(money.price_fen),
        "price_basis": "fixed" if load.price_fen is not None else money.basis.basis,
        "cost_fen": round(money.cost_fen),
        "waiting_fen": round(money.waiting_fen),
        "backhaul_fen": round(money.backhaul_fen),
        "contribution_fen": money.contribution_fen,
    }
    return _reason("margin", margin, "ratio", margin / GOOD_MARGIN, evidence)


def _time_fit(load: Load, way: Trip) -> Reason:
    """Best: at the gate when the window is open, with two hours to spare."""
    slack_s = (load.pickup.end - way.arrives_at).total_seconds()
    share = min(1.0, slack_s / COMFORTABLE_SLACK_S) * (1 - way.waiting_s / WAIT_WITHOUT_POINTS_S)
    evidence: Evidence = {
        "arrives_at": _iso(way.arrives_at),
        "waiting_min": round(way.waiting_s / 60),
        "delivery_at": _iso(way.delivery_at),
    }
    return _reason("time_fit", slack_s / 60, "min", share, evidence)


def _use(load: Load, capacity: Capacity) -> Reason:
    shares = {
        "weight": _share(load.weight_kg, capacity.weight_kg),
        "volume": _share(load.volume_dm3, capacity.volume_dm3),
        "floor": _share(load.ldm_cm, capacity.ldm_cm),
    }
    best = max(shares, key=lambda name: (shares[name], name))
    evidence: Evidence = {"of": best, "weight_kg": load.weight_kg, "free_kg": capacity.weight_kg}
    return _reason("weight_use", shares[best], "ratio", shares[best], evidence)


def _backhaul(figures: Figures, money: Money) -> Reason:
    evidence: Evidence = {
        "loads": figures.loads,
        "vehicles": figures.vehicles,
        "value_fen": round(money.backhaul_fen),
    }
    return _reason("backhaul", figures.loads, "loads", figures.backhaul_chance, evidence)


def _price_index(load: Load, money: Money) -> Reason:
    evidence: Evidence = {
        "basis": money.basis.basis,
        "prices": money.basis.prices,
        "index_fen_per_km": round(money.basis.per_km_fen, 1),
    }
    if load.price_fen is None or load.distance_m <= 0:
        return _reason("price_index", None, "ratio", UNKNOWN_SHARE, evidence)
    ratio = load.price_fen * 1000 / load.distance_m / money.basis.per_km_fen
    return _reason("price_index", ratio, "ratio", ratio - 0.5, evidence)


@lru_cache(maxsize=1_000)
def _body(accepted: frozenset[Body], offered: Body) -> Reason:
    """A vehicle that was asked for by name is no odd choice; one that does for anything is."""
    evidence: Evidence = {"offered": offered.value, "accepted": "/".join(sorted(accepted)) or "any"}
    return _reason("body", 1.0 if accepted else None, "", 1.0 if accepted else ANY_BODY_SHARE, evidence)


@lru_cache(maxsize=10_000)
def _kept_word(key: str, share: float | None, orders: int) -> Reason:
    return _reason(key, share, "ratio", UNKNOWN_SHARE if share is None else share, {"orders": orders})


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
