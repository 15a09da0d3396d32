"""Docks: what each takes, who may book it, and the first reason why a vehicle does not fit. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from haoyun.platform.docks.hours import QUARTER_MIN
from haoyun.platform.market.errors import Checks, FieldRule
from haoyun.platform.market.load import MAX_LDM_CM
from haoyun.platform.market.values import Body

# Nothing higher drives without a permit (GB 1589-2016 and Directive 96/53/EC): what a vehicle counts as whose height
# nobody says.
LEGAL_HEIGHT_CM = 400
MAX_HEIGHT_CM = 500
MAX_SLOT_MIN = 8 * 60
MAX_LEAD_MIN = 14 * 24 * 60
MAX_HORIZON_DAYS = 180
MOST_SLOTS = 32  # of one booking


class OpenTo(StrEnum):
    """Who may book a dock."""

    OWN = "own"  # the warehouse's own organization
    PARTNERS = "partners"  # and the organizations on its list of partners
    VERIFIED = "verified"  # every organization that may trade


class Purpose(StrEnum):
    """What is done at a dock."""

    LOAD = "load"
    UNLOAD = "unload"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockDraft:
    """What an organization writes about a dock. One vehicle stands at it at a time. Raises FieldErrors.

    `bodies` are those that it takes, empty for any. Lengths are the trade's: of the loading space, in cm. `lead_min`
    is how many minutes ahead outsiders book at the latest, `horizon_days` how many days ahead anybody does at most.
    """

    name: str
    bodies: frozenset[Body] = field(default_factory=frozenset)
    purposes: frozenset[Purpose] = frozenset(Purpose)
    max_length_cm: int | None = None
    max_height_cm: int | None = None
    hazardous: bool = False
    refrigerated: bool = False
    slot_min: int = 60
    open_to: OpenTo = OpenTo.PARTNERS
    lead_min: int = 60
    horizon_days: int = 14

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(1 <= len(self.name.strip()) <= 40, "name", "text_length", low=1, high=40)
        checks.require(bool(self.purposes), "purposes", "dock_purposes")
        if self.max_length_cm is not None:
            checks.between("max_length_cm", self.max_length_cm, 100, MAX_LDM_CM)
        if self.max_height_cm is not None:
            checks.between("max_height_cm", self.max_height_cm, 150, MAX_HEIGHT_CM)
        whole = self.slot_min % QUARTER_MIN == 0 and QUARTER_MIN <= self.slot_min <= MAX_SLOT_MIN
        checks.require(whole, "slot_min", "dock_slot_min", step=QUARTER_MIN, high=MAX_SLOT_MIN)
        checks.between("lead_min", self.lead_min, 0, MAX_LEAD_MIN)
        checks.between("horizon_days", self.horizon_days, 1, MAX_HORIZON_DAYS)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dock(DockDraft):
    """A registered dock."""

    id: str
    warehouse_id: str
    version: int
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What comes, and for what. Raises FieldErrors.

    `length_cm` is of its loading space; `height_cm` None: nobody says.
    """

    plate: str
    body: Body
    length_cm: int
    purpose: Purpose
    height_cm: int | None = None
    hazardous: bool = False
    refrigerated: bool = False

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(4 <= len(self.plate) <= 12, "plate", "plate")
        checks.between("length_cm", self.length_cm, 100, MAX_LDM_CM)
        if self.height_cm is not None:
            checks.between("height_cm", self.height_cm, 150, MAX_HEIGHT_CM)
        checks.done()

    @property
    def counted_height_cm(self) -> int:
        """What it counts as where nobody says."""
        return LEGAL_HEIGHT_CM if self.height_cm is None else self.height_cm


def misfit(dock: DockDraft, visit: Visit) -> tuple[str, FieldRule] | None:
    """The field and the first rule of the dock that the visit breaks, None where it fits."""
    longest, highest, height = dock.max_length_cm, dock.max_height_cm, visit.counted_height_cm
    takes = {"takes": "/".join(sorted(body.value for body in dock.bodies)), "body": visit.body.value}
    only = "dock_only_unload" if visit.purpose is Purpose.LOAD else "dock_only_load"
    unsaid = "_unsaid" if visit.height_cm is None else ""
    rules: tuple[tuple[bool, str, FieldRule], ...] = (
        (visit.purpose in dock.purposes, "purpose", (only, {})),
        (not dock.bodies or visit.body in dock.bodies, "body", ("dock_body", takes)),
        (
            longest is None or visit.length_cm <= longest,
            "length_cm",
            ("dock_length", _metres(longest, visit.length_cm)),
        ),
        (
            highest is None or height <= highest,
            "height_cm",
            (f"dock_height{unsaid}", _metres(highest, height)),
        ),
        (dock.hazardous or not visit.hazardous, "hazardous", ("dock_hazardous", {})),
        (dock.refrigerated or not visit.refrigerated, "refrigerated", ("dock_refrigerated", {})),
    )
    return next(((field, rule) for holds, field, rule in rules if not holds), None)


def _metres(most_cm: int | None, has_cm: int) -> dict[str, str | float]:
    # As text: these are metres already, and a form must not scale them again.
    return {"most": f"{(most_cm or 0) / 100:g}", "has": f"{has_cm / 100:g}"}
