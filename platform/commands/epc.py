"""``haoyun epc``: RFID tags from and to readable names, a line at a time."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable
from typing import TextIO

import click

from haoyun.rfid_ingest.epc import Epc, decode, encode
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
def encode_(file: TextIO) -> None:
    """Read tag URIs (urn:epc:tag:…), one a line, from FILE or the standard input."""
    _convert(file, _encoded)


def _convert(lines: Iterable[str], row_of: Callable[[str], Row]) -> None:
    """One row for each line that is not empty; a bad line becomes a row with its error and stops nothing."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for line in lines:
        text = line.strip()
        if text:
            out.writerow(row_of(text))


def _decoded(hex_text: str) -> Row:
    try:
        return _row(hex_text, decode(hex_text))
    except EpcError as error:
        return (hex_text, "", "", "", "", str(error))


def _encoded(tag_uri: str) -> Row:
    try:
        hex_text = encode(tag_uri)
        return _row(hex_text, decode(hex_text))
    except EpcError as error:
        return ("", "", tag_uri, "", "", str(error))


def _row(hex_text: str, epc: Epc) -> Row:
    return (hex_text, epc.scheme, epc.tag_uri, epc.uri, epc.dl_path, "")
