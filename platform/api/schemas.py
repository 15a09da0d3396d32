"""The shapes of the market in JSON: field names are those of the values inside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.api.language import language
from haoyun.platform.api.resource import Input, Instant, Output
from haoyun.platform.market.capacity import CapacityState
from haoyun.platform.market.load import LoadState, PriceMode, Visibility
from haoyun.platform.market.match import Match, Reason, WhyNot
from haoyun.platform.market.values import Body, Certificate, Site, Window, window
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
    body: list[Body]
    temperature_min_c: int | None
    temperature_max_c: int | None
    dg_class: str | None
    origin: SiteOut
    destination: SiteOut
    pickup: WindowOut
    delivery: WindowOut
    price_mode: PriceMode
    price_fen: int | None
    currency: str
    visibility: Visibility
    pay_days: int
    distance_m: float
    duration_s: float
    state: LoadState
    version: int
    posted_at: datetime
    expires_at: datetime
    note: str


class CapacityOut(Output):
    """Free space of a vehicle; weight, volume and floor are what is left."""

    id: str
    org_id: str
    vehicle_id: str
    body: Body
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
    cost_per_km_fen: int
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
    """A load and a capacity that fit, how well, and why. `deadhead_m` null: the position is unknown."""

    load_id: str
    capacity_id: str
    score: float
    contribution_fen: int
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


def place(field: str, wanted: str) -> Site:
    """The place that a field names by code or by name. Raises FieldErrors that name the field."""
    return services().market.site(wanted, field)


def match_out(match: Match) -> dict[str, Any]:
    """A match with its reasons in the caller's language."""
    return {**_attributes(match, MatchOut), "reasons": [_reason(reason) for reason in match.reasons]}


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
