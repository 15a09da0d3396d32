"""Labels: what GS1 demands of them, read back by a barcode reader that knows nothing of us."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.rfid_ingest import decode_epc, sscc_epc
from haoyun.rfid_ingest.epc.convert import TagOrder
from haoyun.rfid_ingest.epc.links import check_digit
from haoyun.rfid_ingest.epc.tables import GS1_CHARACTERS
from haoyun.rfid_ingest.errors import InvalidLabel
from haoyun.rfid_ingest.labels import (
    Contents,
    Format,
    UnitLabel,
    label_pdf,
    read_tag_list,
    sgtin_rows,
    sscc_rows,
    tags_csv,
)
from haoyun.rfid_ingest.labels.symbols import MAX_CHARACTERS, packed, symbol
from haoyun.rfid_ingest.labels.unit import sscc_digits

pdfium = pytest.importorskip("pypdfium2", reason="pypdfium2 is missing")
zxing = pytest.importorskip("zxingcpp", reason="zxing-cpp is missing")

SSCC = "095212340000000013"
FULL = Contents(
    gtin="09506000134352", count=12, lot="LOT-2026/7A", best_before=date(2026, 12, 31),
    net_weight_kg=Decimal("812.5"),
)  # fmt: skip


def pages(pdf: bytes, dpi: int = 203) -> list[Any]:
    """The pages as a label printer of 203 dpi draws them."""
    document = pdfium.PdfDocument(pdf)
    images = [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]
    document.close()
    return images


def read(label: UnitLabel, form: Format = Format.LABEL, dpi: int = 203) -> tuple[set[str], str]:
    """The element strings of the GS1-128 symbols and the text of the QR code."""
    found = zxing.read_barcodes(pages(label_pdf([label], form), dpi)[0])
    gs1 = {one.text for one in found if one.symbology_identifier == "]C1"}
    (link,) = (one.text for one in found if one.format == zxing.BarcodeFormat.QRCode)
    return gs1, link


def elements(texts: Sequence[str] | set[str]) -> set[tuple[str, str]]:
    """(AI, value) of element strings as the reader prints them; lots in these tests hold no bracket."""
    return {tuple(part.split(")", 1)) for text in texts for part in text.split("(") if part}  # type: ignore[misc]


@pytest.mark.parametrize("form", [Format.LABEL, Format.A6])
def test_a_printed_label_is_read_back_as_gs1_128_and_digital_link(form: Format) -> None:
    gs1, link = read(UnitLabel(sscc=SSCC, contents=FULL, ship_to="上海浦东配送中心", goods="冷冻水产"), form)
    assert f"(00){SSCC}" in gs1
    assert elements(gs1) == {("00", SSCC), *FULL.elements}
    assert link == (
        f"https://id.gs1.org/00/{SSCC}?02=09506000134352&15=261231&3101=008125&37=12&10=LOT-2026%2F7A"
    )


def test_a_sheet_holds_four_labels_and_goes_on_to_the_next() -> None:
    labels = [UnitLabel(sscc=sscc_digits(sscc_epc("9521234", n).uri)) for n in range(1, 6)]
    images = pages(label_pdf(labels, Format.A4), 300)
    read_back = [
        {one.text for one in zxing.read_barcodes(image) if one.symbology_identifier == "]C1"}
        for image in images
    ]
    assert [len(page) for page in read_back] == [4, 1]
    assert set.union(*read_back) == {f"(00){label.sscc}" for label in labels}


LOTS = st.text(sorted(GS1_CHARACTERS - set("()%")), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(LOTS, st.integers(1, 99_999_999), st.integers(0, 10**9 - 1))
def test_whatever_a_lot_is_called_the_reader_reads_it(lot: str, count: int, serial: int) -> None:
    contents = Contents(gtin="09506000134352", count=count, lot=lot)
    label = UnitLabel(sscc=sscc_digits(sscc_epc("9521234", serial).uri), contents=contents)
    gs1, _link = read(label, dpi=300)
    assert elements(gs1) == {("00", label.sscc), *contents.elements}


def test_an_sscc_is_coded_in_pairs_of_digits_behind_fnc1() -> None:
    # Start C, FNC1, ten pairs, check, stop: 13 symbols of 11 modules and the stop of 13.
    assert sum(symbol([("00", SSCC)]).widths) == 13 * 11 + 13


def test_no_symbol_has_more_characters_than_gs1_allows() -> None:
    pairs = [
        ("02", "09506000134352"),
        ("15", "261231"),
        ("3103", "123456"),
        ("37", "12345678"),
        ("10", "A" * 20),
    ]
    found = packed(pairs, room_mm=400)
    assert [pair for one in found for pair in one.elements] == pairs
    assert all(len("".join(ai + value for ai, value in one.elements)) < MAX_CHARACTERS for one in found)
    assert len(found) == 2


def test_the_same_labels_give_the_same_bytes() -> None:
    label = UnitLabel(sscc=SSCC, contents=FULL, goods="冷冻水产")
    assert label_pdf([label]) == label_pdf([label])


def test_chinese_is_in_the_file_and_not_left_to_the_viewer() -> None:
    plain, chinese = (label_pdf([UnitLabel(sscc=SSCC, goods=text)]) for text in ("", "冷冻水产"))
    assert b"/FontFile2" in plain or b"/FontFile2" in chinese
    document = pdfium.PdfDocument(chinese)
    assert "冷冻水产" in document[0].get_textpage().get_text_range()
    document.close()


@pytest.mark.parametrize(
    ("wrong", "field", "rule"),
    [
        ({"gtin": "09506000134353", "count": 1}, "gtin", "gtin"),
        ({"gtin": "9506000134352", "count": 1}, "gtin", "gtin"),
        ({"gtin": "09506000134352"}, "count", "count_pair"),
        ({"count": 3}, "count", "count_pair"),
        ({"gtin": "09506000134352", "count": 0}, "count", "count_range"),
        ({"lot": "A"}, "lot", "lot_needs_gtin"),
        ({"gtin": "09506000134352", "count": 1, "lot": "批号"}, "lot", "lot_characters"),
        ({"gtin": "09506000134352", "count": 1, "lot": "A" * 21}, "lot", "lot_characters"),
        ({"best_before": date(2026, 1, 1)}, "best_before", "date_needs_gtin"),
        ({"net_weight_kg": Decimal("0")}, "net_weight_kg", "weight"),
        ({"net_weight_kg": Decimal("1.2345")}, "net_weight_kg", "weight"),
        ({"net_weight_kg": Decimal("1000000")}, "net_weight_kg", "weight"),
        ({"is_item": True}, "gtin", "item_needs_gtin"),
    ],
)
def test_what_gs1_forbids_is_refused_and_names_the_field(
    wrong: dict[str, Any], field: str, rule: str
) -> None:
    with pytest.raises(InvalidLabel) as refused:
        Contents(**wrong)
    assert (refused.value.field, refused.value.rule) == (field, rule)


def test_a_wrong_check_digit_names_the_right_one() -> None:
    with pytest.raises(InvalidLabel, match="here 2"):
        Contents(gtin="09506000134353", count=1)


def test_a_label_takes_only_an_sscc_with_its_check_digit() -> None:
    with pytest.raises(InvalidLabel):
        UnitLabel(sscc=SSCC[:17] + str((int(SSCC[17]) + 1) % 10))


def test_the_tag_of_a_unit_decodes_to_the_same_unit() -> None:
    uri = sscc_epc("9521234", 77, extension=3).uri
    for scheme in ("sscc-96", "SSCC+"):
        (row,) = sscc_rows([uri], scheme=scheme)
        assert decode_epc(row.epc_hex).dl_path == f"/00/{sscc_digits(uri)}"
        assert row.human_readable == f"(00){sscc_digits(uri)}"


def test_tags_of_items_carry_gtin_and_serial() -> None:
    rows = sgtin_rows("09506000134352", 7, ["1", "2"])
    assert [row.human_readable for row in rows] == [
        "(01)09506000134352(21)1", "(01)09506000134352(21)2",
    ]  # fmt: skip
    assert [decode_epc(row.epc_hex).uri for row in rows] == [
        "urn:epc:id:sgtin:9506000.013435.1", "urn:epc:id:sgtin:9506000.013435.2",
    ]  # fmt: skip


def test_one_wrong_line_stops_none_of_the_others_and_no_cell_is_a_formula() -> None:
    lines = ["urn:epc:id:sscc:9521234.0000000001", "=1+1", "", "(01)09506000134352(21)A7"]
    rows = list(read_tag_list(lines, TagOrder(prefix_digits=7)))
    assert [bool(row.error) for row in rows] == [False, True, False]
    written = list(csv.DictReader(io.StringIO(tags_csv(rows))))
    assert [row["epc_hex"] != "" for row in written] == [True, False, True]
    assert written[1]["human_readable"] == "'=1+1"


@given(st.integers(6, 12), st.integers(0, 9), st.data())
def test_every_sscc_has_the_check_digit_of_its_other_seventeen(
    digits: int, extension: int, data: st.DataObject
) -> None:
    prefix = data.draw(st.text("0123456789", min_size=digits, max_size=digits))
    serial = data.draw(st.integers(0, 10 ** (16 - digits) - 1))
    sscc = sscc_digits(sscc_epc(prefix, serial, extension=extension).uri)
    assert len(sscc) == 18 and sscc[0] == str(extension) and sscc[1 : 1 + digits] == prefix
    assert check_digit(sscc[:17]) == sscc[17]
