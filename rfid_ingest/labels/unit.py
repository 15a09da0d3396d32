"""What a GS1 logistic label says: the SSCC of a unit and what is in it, as application identifiers (AI).

Rules and data titles: GS1 General Specifications, sections 3 and 6.6 (logistic labels).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from haoyun.rfid_ingest.epc.links import ROOT, check_digit
from haoyun.rfid_ingest.epc.tables import GS1_CHARACTERS
from haoyun.rfid_ingest.errors import InvalidLabel

MAX_LOT, MAX_COUNT_DIGITS, MAX_TEXT = 20, 8, 60
_WEIGHT_DIGITS = 6  # of (310n), decimals included

Elements = tuple[tuple[str, str], ...]


def _weight(kilograms: Decimal) -> tuple[str, str] | None:
    """AI (310n) and its six digits: as many decimals as the weight has. None if it does not fit."""
    if not kilograms.is_finite() or kilograms <= 0:
        return None
    exponent = kilograms.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    value = int(kilograms.scaleb(decimals))
    if decimals > 3 or value >= 10**_WEIGHT_DIGITS:
        return None
    return f"310{decimals}", f"{value:0{_WEIGHT_DIGITS}d}"


def _require(holds: bool, field: str, rule: str, right: str = "") -> None:
    if not holds:
        raise InvalidLabel(field, rule, right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a logistic unit holds; everything may be left out. Raises InvalidLabel, naming the field.

    `gtin` has 14 digits and is that of the trade items inside, `count` how many there are: GS1 wants both or neither
    unless `is_item` says that the unit itself is the trade item. `net_weight_kg` has at most three decimals.
    """

    gtin: str | None = None
    count: int | None = None
    is_item: bool = False
    lot: str | None = None
    best_before: date | None = None
    net_weight_kg: Decimal | None = None

    def __post_init__(self) -> None:
        gtin, lot = self.gtin, self.lot
        _require(
            gtin is None
            or (gtin.isascii() and gtin.isdigit() and len(gtin) == 14 and check_digit(gtin[:13]) == gtin[13]),
            "gtin",
            "gtin",
            check_digit(gtin[:13]) if gtin and gtin.isascii() and gtin.isdigit() and len(gtin) == 14 else "",
        )
        _require(
            self.count is None or 1 <= self.count < 10**MAX_COUNT_DIGITS,
            "count",
            "count_range",
        )
        _require(self.is_item or (gtin is None) == (self.count is None), "count", "count_pair")
        _require(not self.is_item or (gtin is not None and self.count is None), "gtin", "item_needs_gtin")
        _require(
            lot is None or (1 <= len(lot) <= MAX_LOT and all(c in GS1_CHARACTERS for c in lot)),
            "lot",
            "lot_characters",
        )
        _require(lot is None or gtin is not None, "lot", "lot_needs_gtin")
        _require(self.best_before is None or gtin is not None, "best_before", "date_needs_gtin")
        _require(
            self.net_weight_kg is None or _weight(self.net_weight_kg) is not None, "net_weight_kg", "weight"
        )

    @property
    def elements(self) -> Elements:
        """(AI, value) in the order of a barcode: those of fixed length first, so that few FNC1 are needed."""
        found: list[tuple[str, str]] = []
        if self.gtin:
            found.append(("01" if self.is_item else "02", self.gtin))
        if self.best_before:
            found.append(("15", f"{self.best_before:%y%m%d}"))
        if self.net_weight_kg is not None:
            weight = _weight(self.net_weight_kg)
            assert weight is not None  # checked at construction
            found.append(weight)
        if self.count is not None:
            found.append(("37", str(self.count)))
        if self.lot:
            found.append(("10", self.lot))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLabel:
    """One label. `sscc` has 18 digits; the texts are for people, in any script. Raises InvalidLabel."""

    sscc: str
    contents: Contents = Contents()
    ship_from: str = ""
    ship_to: str = ""
    goods: str = ""
    reference: str = ""  # an order's or tracking number

    def __post_init__(self) -> None:
        digits = self.sscc
        _require(
            digits.isascii()
            and digits.isdigit()
            and len(digits) == 18
            and check_digit(digits[:17]) == digits[17],
            "sscc",
            "sscc",
        )
        for name in ("ship_from", "ship_to", "goods", "reference"):
            text = getattr(self, name)
            _require(len(text) <= MAX_TEXT and text.isprintable(), name, "label_text")

    @property
    def link(self) -> str:
        """The GS1 Digital Link of the QR code: the SSCC, and what is in it as its query."""
        query = "&".join(f"{ai}={quote(value, safe='')}" for ai, value in self.contents.elements)
        return f"{ROOT}/00/{self.sscc}" + (f"?{query}" if query else "")


def sscc_digits(uri: str) -> str:
    """The 18 digits of `urn:epc:id:sscc:…`. Raises InvalidLabel."""
    prefix, _, reference = uri.removeprefix("urn:epc:id:sscc:").partition(".")
    digits = reference[:1] + prefix + reference[1:]
    _require(uri.startswith("urn:epc:id:sscc:") and digits.isdigit() and len(digits) == 17, "sscc", "sscc")
    return digits + check_digit(digits)
