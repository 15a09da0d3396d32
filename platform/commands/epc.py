"""``haoyun epc``: RFID tags from and to readable names, a line at a time."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

import click

from haoyun.rfid_ingest.epc.convert import SCHEME_NAMES, TagOrder, to_hex
from haoyun.rfid_ingest.epc.quick import describe
from haoyun.rfid_ingest.errors import EpcError

COLUMNS = ("hex", "scheme", "tag_uri", "uri", "dl_path", "error")

Row = tuple[str, ...]


@click.group()
def command() -> None:
    """Decode and encode RFID tags (EPC), as CSV: hex, scheme, tag_uri, uri, dl_path, error."""


@command.command("decode")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def decode_(file: TextIO) -> None:
    """Read tag memory as hex, one a line, from FILE or the standard input."""
    _convert(file, _decoded)


@command.command("encode")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option("--scheme", type=click.Choice(SCHEME_NAMES, case_sensitive=False), help="The scheme to write.")
@click.option("--filter", "filter_value", type=click.IntRange(0, 63), default=0, help="The filter value.")
@click.option(
    "--prefix-digits",
    type=click.IntRange(6, 12),
    help="The length of the GS1 company prefix, which links and element strings do not tell.",
)
def encode_(file: TextIO, scheme: str | None, filter_value: int, prefix_digits: int | None) -> None:
    """Read EPCs, one a line, from FILE or the standard input, and write their tag memory.

    A line is a tag URI (urn:epc:tag:…), which says everything, or a pure identity (urn:epc:id:…), a GS1 Digital Link
    (https://… or /01/…) or an element string ((01)…(21)…). Of these, an identity becomes the smallest tag that holds
    it; links and element strings become "+" tags, those of other hosts than id.gs1.org "++" tags, or with
    --prefix-digits the smallest older one.
    """
    order = TagOrder(scheme, filter_value, prefix_digits)
    _convert(file, lambda text: _encoded(text, order))


def _convert(lines: Iterable[str], row_of: Callable[[str], Row]) -> None:
    """One row for each line that is not empty; a bad line becomes a row with its error and stops nothing."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows(_rows(lines, row_of))


def _rows(lines: Iterable[str], row_of: Callable[[str], Row]) -> Iterator[Row]:
    for line in lines:
        text = line.strip()
        if text:
            yield row_of(text)


def _decoded(hex_text: str) -> Row:
    try:
        return (hex_text, *describe(hex_text), "")
    except EpcError as error:
        return (hex_text, "", "", "", "", str(error))


def _encoded(text: str, order: TagOrder) -> Row:
    try:
        hex_text = to_hex(text, order)
        return (hex_text, *describe(hex_text), "")
    except EpcError as error:
        return ("", "", text if text.startswith("urn:epc:tag:") else "", "", "", f"{text[:80]}: {error}")
