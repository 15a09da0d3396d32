"""The four older schemes that are built unlike all others: GID-96, USDOD-96, ADI-var and CPI-var.

Layouts: GS1 Tag Data Standard, sections 14.6.5 (GID), 14.6.11 (USDOD), 14.6.12 (ADI) and 14.6.10 (CPI). Each scheme
has one function from memory to (filter, parts) and one back to the hex of whole words. Errors: MalformedEpc.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from haoyun.rfid_ingest.epc.bits import Bits, BitWriter, fixed_size
from haoyun.rfid_ingest.epc.tables import PREFIX_BITS, PREFIX_DIGITS
from haoyun.rfid_ingest.epc.text import fixed_number, whole_number
from haoyun.rfid_ingest.errors import MalformedEpc

Parts = tuple[str, ...]
Read = Callable[[str], tuple[int | None, Parts]]
Write = Callable[[int | None, Parts], str]


@dataclass(frozen=True, slots=True)
class Special:
    """A scheme with a reader and a writer of its own; `filters` counts its filter values, 0: it has none."""

    name: str
    header: int
    filters: int
    part_count: int
    read: Read
    write: Write


GID_FIELDS = (28, 24, 36)  # manager, object class, serial
_CAGE = re.compile(r"[A-HJ-NP-Z0-9]{5,6}\Z")  # CAGE code, or a DoDAAC of six characters
_PART_NUMBER = re.compile(r"[A-Z0-9/-]{0,32}\Z")
_PART_SERIAL = re.compile(r"(?:[A-Z0-9/-]|#[A-Z0-9/-])[A-Z0-9/-]*\Z")
_COMPONENT = re.compile(r"[A-Z0-9/#-]+\Z")
_SERIAL_BITS, _CPI_SERIAL_BITS = 36, 40
_CPI_CHARACTERS = 30  # company prefix and reference together
_ADI_SERIAL_CHARACTERS = 30


def _read_gid(hex_text: str) -> tuple[None, Parts]:
    bits = fixed_size(hex_text, 96, 24, "gid-96")
    bits.take(8)
    return None, tuple(str(bits.take(size)) for size in GID_FIELDS)


def _write_gid(_filter: int | None, parts: Parts) -> str:
    out = _start(GID)
    for text, size in zip(parts, GID_FIELDS, strict=True):
        out.put(whole_number(text, "GID field", 1 << size), size)
    return out.hex()


def _read_usdod(hex_text: str) -> tuple[int, Parts]:
    bits = fixed_size(hex_text, 96, 24, "usdod-96")
    bits.take(8)
    filter_value = bits.take(4)
    cage = "".join(chr(bits.take(8)) for _ in range(6))
    return filter_value, (_read_cage(cage), str(bits.take(_SERIAL_BITS)))


def _write_usdod(filter_value: int | None, parts: Parts) -> str:
    out = _start(USDOD)
    out.put(filter_value or 0, 4)
    for character in _check_cage(parts[0]).rjust(6):
        out.put(ord(character), 8)
    out.put(whole_number(parts[1], "serial", 1 << _SERIAL_BITS), _SERIAL_BITS)
    return out.hex()


def _read_adi(hex_text: str) -> tuple[int, Parts]:
    bits = Bits.of_hex(hex_text, "adi-var")
    bits.take(8)
    filter_value = bits.take(6)
    cage = _read_cage("".join(_six(bits.take(6)) for _ in range(6)))
    number = _read_sixes(bits, 32)
    serial = _read_sixes(bits, _ADI_SERIAL_CHARACTERS)
    bits.finish()
    return filter_value, (cage, _check(number, _PART_NUMBER, "part number"), _check_adi_serial(serial))


def _write_adi(filter_value: int | None, parts: Parts) -> str:
    cage, number, serial = parts
    out = _start(ADI)
    out.put(filter_value or 0, 6)
    for character in _check_cage(cage).rjust(6):
        out.put(ord(character) & 0x3F, 6)
    _put_sixes(out, _check(number, _PART_NUMBER, "part number"))
    _put_sixes(out, _check_adi_serial(serial))
    return out.hex()


def _read_cpi(hex_text: str) -> tuple[int, Parts]:
    bits = Bits.of_hex(hex_text, "cpi-var")
    bits.take(8)
    filter_value, partition = bits.take(3), bits.take(3)
    if partition == 7:
        raise MalformedEpc("partition 7 is not defined; 0 to 6 are")
    digits = PREFIX_DIGITS[partition]
    prefix = f"{bits.take(PREFIX_BITS[partition]):0{digits}d}"
    if len(prefix) > digits:
        raise MalformedEpc(f"the company prefix has {digits} digits; {prefix} has more")
    reference = _check(_read_sixes(bits, _CPI_CHARACTERS - digits), _COMPONENT, "component reference")
    serial = bits.take(_CPI_SERIAL_BITS)
    bits.finish()
    return filter_value, (prefix, reference, str(_check_cpi_serial(serial)))


def _write_cpi(filter_value: int | None, parts: Parts) -> str:
    prefix, reference, serial = parts
    if len(prefix) not in PREFIX_DIGITS:
        raise MalformedEpc("a company prefix has 6 to 12 digits")
    partition = 12 - len(prefix)
    if len(prefix) + len(reference) > _CPI_CHARACTERS:
        raise MalformedEpc(f"a component identifier has at most {_CPI_CHARACTERS} characters")
    out = _start(CPI)
    out.put(((filter_value or 0) << 3) | partition, 6)
    out.put(fixed_number(prefix, len(prefix), "company prefix"), PREFIX_BITS[partition])
    _put_sixes(out, _check(reference, _COMPONENT, "component reference"))
    out.put(
        _check_cpi_serial(whole_number(serial, "serial", 1 << _CPI_SERIAL_BITS)),
        _CPI_SERIAL_BITS,
    )
    return out.hex()


GID = Special("gid-96", 0x35, 0, 3, _read_gid, _write_gid)
USDOD = Special("usdod-96", 0x2F, 16, 2, _read_usdod, _write_usdod)
ADI = Special("adi-var", 0x3B, 64, 3, _read_adi, _write_adi)
CPI = Special("cpi-var", 0x3D, 8, 3, _read_cpi, _write_cpi)
SPECIALS = (GID, USDOD, ADI, CPI)


def _start(scheme: Special) -> BitWriter:
    out = BitWriter()
    out.put(scheme.header, 8)
    return out


def _six(code: int) -> str:
    """A 6-bit character: what ASCII has without its two upper bits; A to Z lie below 32."""
    return chr(code | 0x40 if code < 0x20 else code)


def _read_sixes(bits: Bits, most: int) -> str:
    text = ""
    while code := bits.take(6):
        text += _six(code)
        if len(text) > most:
            raise MalformedEpc(f"a 6-bit text of {bits.name} ends with six zero bits after {most} characters")
    return text


def _put_sixes(out: BitWriter, text: str) -> None:
    for character in text:
        out.put(ord(character) & 0x3F, 6)
    out.put(0, 6)


def _read_cage(text: str) -> str:
    return _check_cage(text[1:] if text.startswith(" ") else text)


def _check_cage(text: str) -> str:
    return _check(text, _CAGE, "CAGE code or DoDAAC")


def _check(text: str, rule: re.Pattern[str], what: str) -> str:
    if not rule.match(text):
        raise MalformedEpc(f"the {what} {text[:40]!r} does not read {rule.pattern.removesuffix('Z')[:-1]}")
    return text


def _check_adi_serial(text: str) -> str:
    if len(text) > _ADI_SERIAL_CHARACTERS:
        raise MalformedEpc(f"the serial of a part has at most {_ADI_SERIAL_CHARACTERS} characters")
    return _check(text, _PART_SERIAL, "serial of a part")


def _check_cpi_serial(serial: int) -> int:
    if serial >= 10**12:
        raise MalformedEpc(f"the serial of a component has at most 12 digits; {serial} has more")
    return serial
