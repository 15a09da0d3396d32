"""The shapes of the market in JSON: field names are those of the values inside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.language import language
from haoyun.platform.api.resource import Input, Instant, Output
from haoyun.platform.market.auction import (
    DECIDE_MIN,
    MAX_DECIDE_MIN,
    MAX_SOFT_CLOSE_MIN,
    AuctionTerms,
    Award,
    Unsold,
)
from haoyun.platform.market.capacity import CARRIERS_OWN, Capacity, CapacityState
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import LoadState, PriceMode, Visibility
from haoyun.platform.market.match import Match, Reason, WhyNot
from haoyun.platform.market.nearly import NearMiss
from haoyun.platform.market.values import Body, Certificate, Equipment, Mode, Site, Window, window
from haoyun.platform.market.words import sentence
from haoyun.platform.services import services

Amount = Annotated[int, Field(ge=0, le=10**9)]
Fen = Annotated[int, Field(ge=0, le=10**12, description="minor units: 1 yuan = 100 fen")]
Celsius = Annotated[int, Field(ge=-60, le=60)]
Identifier = Annotated[str, Field(min_length=1, max_length=60)]
PlaceText = Annotated[str, Field(max_length=60, description="code or name of a place, see GET /places")]


class SiteOut(Output):
    """A named place."""

    code: str
    name_zh: str
    name_en: str
    lat: float
    lon: float


class WindowIn(Input):
    """From `start` to `end`."""

    start: Instant
    end: Instant

    def window(self, field: str) -> Window:
        """As the market takes it. Raises FieldErrors that name ``<field>.end``."""
        return window(field, self.start, self.end)


class WindowOut(Output):
    """From `start` to `end`."""

    start: datetime
    end: datetime


class CertificateIn(Input):
    """A paper of a vehicle."""

    name: Annotated[str, Field(max_length=40)]
    valid_until: Instant | None = None

    def certificate(self) -> Certificate:
        """As the market takes it."""
        return Certificate(self.name, self.valid_until)


class CertificateOut(Output):
    """A paper of a vehicle."""

    name: str
    valid_until: datetime | None


class AuctionIn(Input):
    """How a load is auctioned: the lowest all-in price wins. Money in fen."""

    closes_at: Instant
    latest_at: Annotated[Instant | None, Field(description="late bids move the end up to here")] = None
    soft_close_min: Annotated[
        int,
        Field(ge=0, le=MAX_SOFT_CLOSE_MIN, description="a bid in the last minutes moves the end by as many"),
    ] = 5
    ceiling_fen: Annotated[Fen | None, Field(description="no bid is above it")] = None
    step_fen: Annotated[
        Fen, Field(description="each bid is at least so far below the lowest; 0: any below the own last")
    ] = 0
    award: Annotated[
        Award, Field(description="`lowest`: at the closing; `publisher`: chosen within `decide_min` of it")
    ] = Award.LOWEST
    decide_min: Annotated[int, Field(ge=DECIDE_MIN, le=MAX_DECIDE_MIN)] = 120
    unsold: Annotated[Unsold, Field(description="without an award the load asks for quotes, or expires")] = (
        Unsold.ASK
    )

    def terms(self) -> AuctionTerms:
        """As the market takes it. Raises FieldErrors that name ``auction.<field>``."""
        try:
            return AuctionTerms(**{name: getattr(self, name) for name in AuctionIn.model_fields})
        except FieldErrors as error:
            raise error.under("auction") from None


class AuctionTermsOut(Output):
    """How a load is auctioned; `GET /loads/{load_id}/auction` says how it stands."""

    closes_at: datetime
    latest_at: datetime | None
    soft_close_min: int
    ceiling_fen: int | None
    step_fen: int
    award: Award
    decide_min: int
    unsold: Unsold


class LoadOut(Output):
    """Goods to be moved."""

    id: str
    org_id: str
    goods: str
    weight_kg: int
    volume_dm3: int
    ldm_cm: int
    max_piece_cm: int
    pallets: int
    mode: Mode
    body: list[Body]
    equipment: list[Equipment]
    temperature_min_c: int | None
    temperature_max_c: int | None
    dg_class: str | None
    origin: SiteOut
    destination: SiteOut
    pickup: WindowOut
    delivery: WindowOut
    price_mode: PriceMode
    price_fen: int | None
    auction: AuctionTermsOut | None
    currency: str
    visibility: Visibility
    public_at: datetime | None
    pay_days: int
    distance_m: float
    duration_s: float
    state: LoadState
    version: int
    posted_at: datetime
    expires_at: datetime
    note: str


class CapacityOut(Output):
    """Free space of a vehicle; weight, volume and floor are what is left.

    What a kilometre costs and the least price are null for everybody but the own organization.
    """

    id: str
    org_id: str
    vehicle_id: str
    mode: Mode
    body: Body
    equipment: list[Equipment]
    weight_kg: int
    volume_dm3: int
    ldm_cm: int
    length_cm: int
    temperature_min_c: int | None
    temperature_max_c: int | None
    certificates: list[CertificateOut]
    origin: SiteOut
    destination: SiteOut | None
    radius_km: int
    ready: WindowOut
    cost_per_km_fen: int | None
    min_price_fen: int | None
    note: str
    state: CapacityState
    version: int
    posted_at: datetime


class ReasonOut(Output):
    """One component of a score: `points` of at most `weight`; `value` null means unknown."""

    key: str
    text: str
    value: float | None
    unit: str
    weight: float
    points: float
    evidence: dict[str, str | float | None]


class MatchOut(Output):
    """A load and a capacity that fit, how well, and why. `deadhead_m` null: the position is unknown.

    `contribution_fen`, and the figures of the reason `margin`, are the carrier's to see: null and empty for others.
    """

    load_id: str
    capacity_id: str
    score: float
    contribution_fen: int | None
    deadhead_m: float | None
    pickup_at: datetime
    delivery_at: datetime
    reasons: list[ReasonOut]


class MatchPage(Output):
    """Matches, the best first."""

    items: list[MatchOut]
    next: str | None


class WhyNotOut(Output):
    """Whether the two fit; if not, the first hard constraint that fails."""

    fits: bool
    match: MatchOut | None
    key: str | None
    params: dict[str, str | float]
    text: str | None


class CureOut(Output):
    """A constraint in the way (`key`, `text`), and what would clear it (`cure`, `cure_text`)."""

    key: str
    params: dict[str, str | float]
    text: str
    cure: str
    cure_params: dict[str, str | float]
    cure_text: str


class NearMissOut(Output):
    """A pair that would fit with all its cures, and the score it would have."""

    load_id: str
    capacity_id: str
    score: float
    contribution_fen: int | None
    cures: list[CureOut]


class NearMissPage(Output):
    """Near misses: those that need the least first."""

    items: list[NearMissOut]
    next: str | None


def place(field: str, wanted: str) -> Site:
    """The place that a field names by code or by name. Raises FieldErrors that name the field."""
    return services().market.site(wanted, field)


def capacity_out(capacity: Capacity, viewer: Actor | None) -> dict[str, Any]:
    """A capacity as the viewer may see it."""
    shown = _attributes(capacity, CapacityOut)
    own = viewer is not None and (viewer.sees_all or viewer.org_id == capacity.org_id)
    return shown if own else shown | dict.fromkeys(CARRIERS_OWN)


def match_out(match: Match) -> dict[str, Any]:
    """A match with its reasons in the caller's language."""
    reasons = [_reason(reason) for reason in match.reasons]
    return {**_attributes(match, MatchOut), "contribution_fen": _contribution(match), "reasons": reasons}


def _contribution(match: Match) -> int | None:
    return match.contribution_fen if match.open_books else None


def near_miss_out(near: NearMiss) -> dict[str, Any]:
    """A near miss in the caller's language."""
    return {
        "load_id": near.load.id,
        "capacity_id": near.capacity.id,
        "score": near.match.score,
        "contribution_fen": _contribution(near.match),
        "cures": [
            {
                "key": cure.broken.key,
                "params": dict(cure.broken.params),
                "text": cure.broken.message(language()),
                "cure": cure.key,
                "cure_params": dict(cure.params),
                "cure_text": cure.message(language()),
            }
            for cure in near.cures
        ],
    }


def verdict_out(verdict: Match | WhyNot) -> dict[str, Any]:
    """A match, or the constraint that is in its way."""
    if isinstance(verdict, Match):
        return {"fits": True, "match": match_out(verdict), "key": None, "params": {}, "text": None}
    text = verdict.message(language())
    return {"fits": False, "match": None, "key": verdict.key, "params": dict(verdict.params), "text": text}


def _reason(reason: Reason) -> dict[str, Any]:
    shown = {**_attributes(reason, ReasonOut), "text": sentence(reason.key, {}, language())}
    return {**shown, "evidence": dict(reason.evidence)}


def _attributes(value: object, model: type[Output]) -> dict[str, Any]:
    return {name: getattr(value, name, None) for name in model.model_fields}
