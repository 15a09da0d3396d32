"""GS1-128 symbols: which elements share one, how wide its bars are, and the bars themselves.

The encoding into Code 128 (subsets, check character) is reportlab's; what is GS1's is the FNC1 after the start and
between values of variable length, and the sizes (General Specifications, sections 5.4 and 6.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from haoyun.rfid_ingest.epc.elements import FNC1, printed, raw

MAX_CHARACTERS = 48  # of one symbol, FNC1 included
QUIET_MODULES = 10  # on each side
PREFERRED_MM, SMALLEST_MM, LARGEST_MM = (
    0.495,
    0.25,
    0.66,
)  # width of a module; below 0.495 only where room is short
_FNC1_IN_CODE_128 = "\xf1"  # as reportlab writes it

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Symbol:
    """One barcode: its elements, and the widths of its bars and gaps in modules, a bar first."""

    elements: tuple[Pair, ...]
    widths: tuple[int, ...]

    @property
    def text(self) -> str:
        """What stands under it for people."""
        return printed(self.elements)

    @property
    def modules(self) -> int:
        """Its width with both quiet zones."""
        return sum(self.widths) + 2 * QUIET_MODULES

    def module_mm(self, room_mm: float) -> float:
        """How wide a module may be in so much room."""
        return min(LARGEST_MM, room_mm / self.modules)


def symbol(elements: Sequence[Pair]) -> Symbol:
    """The GS1-128 symbol of these elements."""
    from reportlab.graphics.barcode.code128 import Code128  # noqa: PLC0415 - half a second, for labels only

    text = _FNC1_IN_CODE_128 + raw(elements).replace(FNC1, _FNC1_IN_CODE_128)
    code = Code128(text, barWidth=1, barHeight=1, quiet=False)
    code.validate()
    code.encode()
    code.decompose()
    return Symbol(tuple(elements), tuple(ord(c.upper()) - ord("A") + 1 for c in code.decomposed))


def packed(elements: Iterable[Pair], room_mm: float) -> list[Symbol]:
    """Elements in as few symbols as fit into the room at the preferred size; one alone may be printed smaller."""
    found: list[Symbol] = []
    row: list[Pair] = []
    for element in elements:
        longer = [*row, element]
        if row and not _fits(longer, room_mm):
            found.append(symbol(row))
            longer = [element]
        row = longer
    return [*found, symbol(row)] if row else found


def _fits(elements: Sequence[Pair], room_mm: float) -> bool:
    return len(raw(elements)) < MAX_CHARACTERS and symbol(elements).module_mm(room_mm) >= PREFERRED_MM
