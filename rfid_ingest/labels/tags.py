"""The list that a tag printer encodes from: what to write into the tag's memory, and what to print for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from haoyun.rfid_ingest.epc.codec import Epc, decode, encode
from haoyun.rfid_ingest.epc.convert import TagOrder, to_hex
from haoyun.rfid_ingest.epc.elements import printed
from haoyun.rfid_ingest.epc.links import ROOT
from haoyun.rfid_ingest.errors import EpcError

UNIT_LOAD = 6  # the filter value of an SSCC on a pallet
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula


@dataclass(frozen=True, slots=True)
class TagRow:
    """One tag; `error` says why the others are empty."""

    epc_hex: str = ""
    tag_uri: str = ""
    epc_uri: str = ""
    human_readable: str = ""
    digital_link: str = ""
    error: str = ""


def sscc_rows(uris: Iterable[str], filter_value: int = UNIT_LOAD, scheme: str = "sscc-96") -> list[TagRow]:
    """Tags of logistic units, given by `urn:epc:id:sscc:…` or their links; `scheme` may be SSCC+. Raises EpcError."""
    return [tag_row(uri, TagOrder(scheme, filter_value)) for uri in uris]


def sgtin_rows(
    gtin: str, prefix_digits: int, serials: Sequence[str], scheme: str = "sgtin-96", filter_value: int = 1
) -> list[TagRow]:
    """Tags of trade items with these serials. Raises EpcError: a GTIN or a serial that the scheme cannot hold."""
    order = TagOrder(scheme, filter_value, prefix_digits)
    return [tag_row(f"(01){gtin}(21){serial}", order) for serial in serials]


def tag_row(text: str, order: TagOrder) -> TagRow:
    """The row of an EPC in any spelling. Raises EpcError."""
    if text.startswith("urn:epc:id:") and order.scheme and "+" in order.scheme:
        text = decode(to_hex(text)).dl_path  # a "+" tag is written from the key: it has no URI
    epc = decode(to_hex(text, order))
    return TagRow(
        encode(epc),
        epc.tag_uri,
        epc.uri,
        printed(epc.elements),
        ROOT + epc.dl_path if isinstance(epc, Epc) and epc.dl_path else epc.identity,
    )


def read_tag_list(lines: Iterable[str], order: TagOrder) -> Iterator[TagRow]:
    """A row for each line that holds an EPC in any spelling; a wrong one says why and stops none of the others."""
    for line in lines:
        text = line.strip()
        if not text:
            continue
        try:
            yield tag_row(text, order)
        except EpcError as error:
            yield TagRow(human_readable=harmless(text[:120]), error=str(error))


def tags_csv(rows: Iterable[TagRow]) -> str:
    """The list as CSV with a header, lines ended by CRLF (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([field.name for field in fields(TagRow)])
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula (ASVS 1.2.10)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
