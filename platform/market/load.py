"""Loads: what a shipper offers to be moved, its rules and its life cycle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from haoyun.platform.market.auction import AuctionTerms
from haoyun.platform.market.errors import Checks
from haoyun.platform.market.lifecycle import check_move
from haoyun.platform.market.values import MAX_PRICE_FEN, Body, Equipment, Mode, Site, Window

CURRENCY = "CNY"
MAX_WEIGHT_KG = 100_000
MAX_VOLUME_DM3 = 300_000
MAX_LDM_CM = 2_500
MAX_PIECE_CM = 5_000
MAX_PALLETS = 200
MAX_PAY_DAYS = 180
_DG_CLASS = re.compile(r"[1-9](\.[1-6])?")


class LoadState(StrEnum):
    """Where a load is in its life."""

    DRAFT = "DRAFT"  # written, not yet seen by others
    OPEN = "OPEN"  # published: matched, quoted on
    RESERVED = "RESERVED"  # a quote was accepted; the carrier has not confirmed yet
    COVERED = "COVERED"  # a confirmed order moves it
    EXPIRED = "EXPIRED"  # nobody took it in time
    CANCELLED = "CANCELLED"  # the publisher withdrew it


NEXT: Mapping[LoadState, frozenset[LoadState]] = {
    LoadState.DRAFT: frozenset({LoadState.OPEN}),
    LoadState.OPEN: frozenset({LoadState.RESERVED, LoadState.EXPIRED, LoadState.CANCELLED}),
    LoadState.RESERVED: frozenset({LoadState.COVERED, LoadState.OPEN}),
    LoadState.COVERED: frozenset({LoadState.OPEN}),  # its order was cancelled before loading
    LoadState.EXPIRED: frozenset(),
    LoadState.CANCELLED: frozenset(),
}


class PriceMode(StrEnum):
    """How the price is found."""

    FIXED = "fixed"  # 一口价
    ASK = "ask"  # carriers quote
    AUCTION = "auction"  # carriers underbid each other until it closes


class Visibility(StrEnum):
    """Who may see it."""

    PUBLIC = "public"  # everybody, signed in or not
    PARTNERS = "partners"  # the invited organizations, and everybody from `public_at` on
    DIRECT = "direct"  # one invited organization


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDraft:
    """What a shipper writes. Money in fen, volume in litres, lengths in cm. Raises FieldErrors.

    `body` holds the accepted bodies, empty for any; `equipment` what the vehicle must bring, all of it. `ldm_cm` is
    the floor length used at 2.4 m width, which says the floor area as well. `auction` goes with its price mode.
    """

    goods: str
    weight_kg: int
    origin: Site
    destination: Site
    pickup: Window
    delivery: Window
    volume_dm3: int = 0
    ldm_cm: int = 0
    max_piece_cm: int = 0
    pallets: int = 0
    mode: Mode = Mode.ROAD
    body: frozenset[Body] = frozenset()
    equipment: frozenset[Equipment] = frozenset()
    temperature_min_c: int | None = None
    temperature_max_c: int | None = None
    dg_class: str | None = None
    price_mode: PriceMode = PriceMode.ASK
    price_fen: int | None = None
    auction: AuctionTerms | None = None
    currency: str = CURRENCY
    visibility: Visibility = Visibility.PUBLIC
    invited: frozenset[str] = field(default_factory=frozenset)
    public_at: datetime | None = None  # partners first, everybody from then on
    pay_days: int = 30
    expires_at: datetime | None = None
    note: str = ""

    def __post_init__(self) -> None:
        checks = Checks()
        self._check_goods(checks)
        self._check_journey(checks)
        self._check_terms(checks)
        checks.done()

    def _check_goods(self, checks: Checks) -> None:
        checks.require(1 <= len(self.goods.strip()) <= 120, "goods", "text_length", low=1, high=120)
        checks.between("weight_kg", self.weight_kg, 1, MAX_WEIGHT_KG)
        checks.between("volume_dm3", self.volume_dm3, 0, MAX_VOLUME_DM3)
        checks.between("ldm_cm", self.ldm_cm, 0, MAX_LDM_CM)
        checks.between("max_piece_cm", self.max_piece_cm, 0, MAX_PIECE_CM)
        checks.between("pallets", self.pallets, 0, MAX_PALLETS)
        low, high = self.temperature_min_c, self.temperature_max_c
        pair = (low is None and high is None) or (low is not None and high is not None and low <= high)
        checks.require(pair, "temperature_min_c", "temperature_pair")
        checks.require(
            self.dg_class is None or bool(_DG_CLASS.fullmatch(self.dg_class)), "dg_class", "dg_class"
        )

    def _check_journey(self, checks: Checks) -> None:
        checks.require(self.origin.code != self.destination.code, "destination", "same_place")
        checks.require(self.delivery.end > self.pickup.start, "delivery", "delivery_before_pickup")
        if self.expires_at is not None:
            checks.require(self.expires_at.tzinfo is not None, "expires_at", "naive")

    def _check_terms(self, checks: Checks) -> None:
        fixed = self.price_mode is PriceMode.FIXED
        price = self.price_fen
        checks.require(
            not fixed or (price is not None and 0 < price <= MAX_PRICE_FEN), "price_fen", "price_needed"
        )
        checks.require(fixed or price is None, "price_fen", "price_unasked")
        auctioned = self.price_mode is PriceMode.AUCTION
        checks.require(not auctioned or self.auction is not None, "auction", "auction_needed")
        checks.require(auctioned or self.auction is None, "auction", "auction_unasked")
        checks.require(self.currency == CURRENCY, "currency", "currency")
        checks.between("pay_days", self.pay_days, 0, MAX_PAY_DAYS)
        checks.require(len(self.note) <= 500, "note", "text_length", low=0, high=500)
        public = self.visibility is Visibility.PUBLIC
        checks.require(public or bool(self.invited), "invited", "invited_needed")
        checks.require(not public or not self.invited, "invited", "invited_unasked")
        partners = self.visibility is Visibility.PARTNERS
        checks.require(partners or self.public_at is None, "public_at", "public_at_unasked")
        if self.public_at is not None:
            checks.require(self.public_at.tzinfo is not None, "public_at", "naive")
        direct = self.visibility is Visibility.DIRECT
        checks.require(not direct or len(self.invited) == 1, "invited", "invited_one")
        checks.require(not (direct and auctioned), "visibility", "auction_direct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load(LoadDraft):
    """A load as the market keeps it. `distance_m` and `duration_s` are from origin to destination by its mode.

    `version` counts every change, `terms` only those of the wording: a quote holds for the terms it saw.
    """

    id: str
    org_id: str
    state: LoadState
    version: int
    terms: int
    distance_m: float
    duration_s: float
    posted_at: datetime
    expires_at: datetime

    def sees(self, org_id: str) -> bool:
        """Whether the publisher lets this organization see it while it is open."""
        return self.visibility is Visibility.PUBLIC or org_id == self.org_id or org_id in self.invited

    def is_open(self, now: datetime) -> bool:
        """Whether it can be matched and quoted on."""
        return self.state is LoadState.OPEN and now < self.expires_at


def terms_of(draft: LoadDraft) -> dict[str, Any]:
    """The fields that a publisher writes, of a draft or of a load."""
    return {f.name: getattr(draft, f.name) for f in fields(LoadDraft)}


def move(load: Load, to: LoadState) -> Load:
    """The load in its next state. Raises ForbiddenMove."""
    check_move("load", NEXT, load.state, to)
    return replace(load, state=to, version=load.version + 1)
