"""Labels as a PDF: single labels for a label printer, or four on a sheet of A4.

A label is laid out from the bottom up as GS1 asks: the barcode of the SSCC lowest, above it the other barcodes,
above them the same data for people, at the top the free text with the QR code. Lengths in mm from the lower left.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from haoyun.rfid_ingest.labels.fonts import fitted, registered
from haoyun.rfid_ingest.labels.symbols import QUIET_MODULES, Symbol, packed, symbol
from haoyun.rfid_ingest.labels.unit import UnitLabel

MARGIN_MM = 3.0
BAR_MM, LEAST_BAR_MM = 31.75, 12.7  # the height that GS1 wants, and what a label with little room gets
HRI_MM, GAP_MM, QR_MM = 4.3, 1.6, 25.0
COLUMNS = 3  # of data besides the SSCC
DATA_MM, TEXT_MM = 7.6, 6.6  # a row of data with its title, a free text with its own
PT = 72 / 25.4
# The data titles that GS1 prescribes, and what they mean in Chinese.
TITLES = {
    "00": "SSCC 物流单元代码",
    "01": "GTIN 商品条码",
    "02": "CONTENT 内装商品",
    "10": "BATCH/LOT 批号",
    "15": "BEST BEFORE 保质期至",
    "37": "COUNT 数量",
    "310": "NET WEIGHT (kg) 净重",
}


class Format(StrEnum):
    """What is printed on."""

    LABEL = "100x150"  # mm, the common label of a thermal printer
    A6 = "a6"
    A4 = "a4"  # four labels a sheet


@dataclass(frozen=True, slots=True)
class _Page:
    width_mm: float
    height_mm: float
    columns: int = 1
    rows: int = 1


_PAGES = {Format.LABEL: _Page(100, 150), Format.A6: _Page(105, 148), Format.A4: _Page(210, 297, 2, 2)}


def label_pdf(labels: Sequence[UnitLabel], form: Format = Format.LABEL) -> bytes:
    """The labels, one after the other. The same labels give the same bytes."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - half a second, for labels only

    page, file = _PAGES[form], io.BytesIO()
    canvas = Canvas(file, pagesize=(page.width_mm * PT, page.height_mm * PT), invariant=1, pageCompression=1)
    canvas.setTitle("SSCC " + (labels[0].sscc if labels else ""))
    canvas.setCreator("Haoyun")
    width, height = page.width_mm / page.columns, page.height_mm / page.rows
    on_page = page.columns * page.rows
    for number, label in enumerate(labels):
        if number and number % on_page == 0:
            canvas.showPage()
        place = number % on_page
        x, y = (place % page.columns) * width, page.height_mm - (place // page.columns + 1) * height
        _Label(canvas, x, y, width, height).draw(label)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


class _Label:
    """One label at its place on the canvas."""

    def __init__(self, canvas: Any, x: float, y: float, width: float, height: float) -> None:
        self._canvas = canvas
        self._x, self._y = x + MARGIN_MM, y + MARGIN_MM
        self._width, self._height = width - 2 * MARGIN_MM, height - 2 * MARGIN_MM

    def draw(self, label: UnitLabel) -> None:
        """Everything, from the bottom up."""
        symbols = packed(label.contents.elements, self._width)
        rows = [("00", label.sscc), *label.contents.elements]
        sscc_bar, bar = self._bar_heights(len(symbols), _text_mm(label, len(rows)))
        top = self._bars(symbol(rows[:1]), 0, sscc_bar)
        for one in reversed(symbols):
            top = self._bars(one, top + GAP_MM, bar)
        top = self._rule(top + GAP_MM)
        for row in reversed(_in_rows(rows)):
            top = self._data(row, top)
        self._rule(top + 1)
        self._head(label, top + 1)

    def _bar_heights(self, others: int, text_mm: float) -> tuple[float, float]:
        """The height of the SSCC's bars and of each other barcode: what is missing is taken from both, fairly."""
        room = self._height - text_mm - (others + 1) * (HRI_MM + GAP_MM)
        bar = min(BAR_MM, max(LEAST_BAR_MM, (room - BAR_MM) / others)) if others else 0
        return max(LEAST_BAR_MM, min(BAR_MM, room - others * bar)), bar

    def _bars(self, one: Symbol, y: float, height: float) -> float:
        """A barcode with its text below it, in the middle; the y above it."""
        module = one.module_mm(self._width)
        left = (self._width - one.modules * module) / 2 + QUIET_MODULES * module
        at = left
        for place, width in enumerate(one.widths):
            if place % 2 == 0:
                self._canvas.rect(
                    (self._x + at) * PT, (self._y + y + HRI_MM) * PT, width * module * PT, height * PT, 0, 1
                )
            at += width * module
        self._text(one.text, y + 1.0, 9, middle=True)
        return y + HRI_MM + height

    def _data(self, row: Sequence[tuple[str, str]], y: float) -> float:
        """Titles and values side by side; the y above them."""
        width = self._width / (1 if row[0][0] == "00" else COLUMNS)
        for column, (ai, value) in enumerate(row):
            title, shown = _for_people(ai, value)
            self._text(title, y + 5.0, 6.5, column * width, width - 1)
            self._text(shown, y + 1.2, 10, column * width, width - 1)
        return y + DATA_MM

    def _head(self, label: UnitLabel, bottom: float) -> None:
        qr = min(QR_MM, self._height - bottom - 1)
        self._qr(label.link, self._width - qr, self._height - qr, qr)
        y, room = self._height, self._width - qr - 3
        for title, text in _texts(label):
            self._text(title, y - 2.4, 6, 0, room)
            self._text(text, y - 6.0, 9.5, 0, room)
            y -= TEXT_MM

    def _qr(self, link: str, x: float, y: float, size: float) -> None:
        import segno  # noqa: PLC0415 - for labels only

        matrix = segno.make_qr(link, error="m").matrix
        module = size / (len(matrix) + 8)  # a quiet zone of four modules on each side
        side = module * 1.02  # neighbours overlap a little, so that no viewer leaves hairlines
        for row, line in enumerate(matrix):
            top = y + size - (row + 5) * module
            for column, length in _runs(line):
                left, width = x + (column + 4) * module, (length - 1) * module + side
                self._canvas.rect((self._x + left) * PT, (self._y + top) * PT, width * PT, side * PT, 0, 1)

    def _rule(self, y: float) -> float:
        self._canvas.setLineWidth(0.5)
        self._canvas.line(self._x * PT, (self._y + y) * PT, (self._x + self._width) * PT, (self._y + y) * PT)
        return y + 1

    def _text(
        self,
        text: str,
        y: float,
        size: float,
        x: float = 0,
        room: float | None = None,
        *,
        middle: bool = False,
    ) -> None:
        shown, size = fitted(text, size, (self._width if room is None else room) * PT)
        self._canvas.setFont(registered(), size)
        if middle:
            self._canvas.drawCentredString((self._x + self._width / 2) * PT, (self._y + y) * PT, shown)
        else:
            self._canvas.drawString((self._x + x) * PT, (self._y + y) * PT, shown)


def _runs(line: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin and how many stand in a row."""
    at = 0
    for dark, modules in groupby(line, key=bool):
        length = len(list(modules))
        if dark:
            yield at, length
        at += length


def _texts(label: UnitLabel) -> list[tuple[str, str]]:
    shown = (
        ("FROM 发货方", label.ship_from),
        ("TO 收货方", label.ship_to),
        ("GOODS 货物", label.goods),
        ("REF 单号", label.reference),
    )
    return [(title, text) for title, text in shown if text]


def _text_mm(label: UnitLabel, elements: int) -> float:
    """The height of everything above the barcodes."""
    data = DATA_MM * len(_in_rows([("", "")] * elements))
    return max(QR_MM, TEXT_MM * len(_texts(label))) + data + 2 * GAP_MM + 2


def _in_rows(elements: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The SSCC alone, everything else three a row."""
    return [list(elements[:1]), *(list(elements[i : i + COLUMNS]) for i in range(1, len(elements), COLUMNS))]


def _for_people(ai: str, value: str) -> tuple[str, str]:
    if ai.startswith("310"):
        decimals = int(ai[3])
        kilograms = int(value) / 10**decimals
        return TITLES["310"], f"{kilograms:.{decimals}f}"
    if ai == "15":
        return TITLES[ai], f"20{value[:2]}-{value[2:4]}-{value[4:]}"
    return TITLES[ai], value
