"""From bytes to text: gzip is unpacked, a byte order mark taken off, anything else named."""

from __future__ import annotations

import gzip
import io
import zlib

from haoyun.routing.errors import BadFormat

_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
# A problem of 10,000 stops with both matrices is about 1 GB of JSON; beyond that a small file is a trap.
_LARGEST_UNPACKED = 2**31


def unpacked(data: bytes) -> bytes:
    """The content of a gzip file, or `data` itself."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(_LARGEST_UNPACKED + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadFormat("the gzip file is damaged") from None
    if len(found) > _LARGEST_UNPACKED:
        raise BadFormat(f"the gzip file unpacks to more than {_LARGEST_UNPACKED} bytes")
    return found


def is_workbook(data: bytes) -> bool:
    """Whether this is a zip archive, as an .xlsx file is."""
    return data.startswith(_ZIP_MAGIC)


def as_text(data: bytes) -> str:
    """The text in UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFormat("the file is not text in UTF-8") from None
