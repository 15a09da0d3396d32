"""The schemes "+" and "++" of the GS1 Tag Data Standard 2: GS1 keys as they stand in a barcode, in few bits.

Layout: header 8 bits, toggle 1 (more data follows the EPC), filter 3, for DSGTIN a date, the parts of the key, for
"++" the hostname of its own Digital Links. They hold no length of the company prefix, so they have no EPC URIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from haoyun.rfid_ingest.epc.bits import Bits, BitWriter
from haoyun.rfid_ingest.epc.compact import Digits, DigitsThenText, Number, Part, Text
from haoyun.rfid_ingest.epc.hostname import put_hostname, read_hostname
from haoyun.rfid_ingest.epc.links import ROOT
from haoyun.rfid_ingest.epc.tables import CPI_CHARACTERS, FILTERS, GS1_CHARACTERS
from haoyun.rfid_ingest.errors import MalformedEpc

# The date types of DSGTIN, by their number (table 14-3): production, packaging, best before, sell by, expiration,
# first freezing, harvest.
DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")


@dataclass(frozen=True, slots=True)
class PlusScheme:
    """One "+" scheme; `parts` pairs each part with its application identifier: the same one twice is one value."""

    name: str
    header: int
    parts: tuple[tuple[str, Part], ...]
    dated: bool = False
    own_host: bool = False


_GTIN, _KEY_18, _GLN = Digits(14, 14), Digits(18, 18), Digits(13, 13)
_KEYS: tuple[tuple[str, int, int, tuple[tuple[str, Part], ...]], ...] = (
    ("SGTIN", 0xF7, 0xFD, (("01", _GTIN), ("21", Text(20)))),
    ("DSGTIN", 0xFB, 0xFC, (("01", _GTIN), ("21", Text(20)))),
    ("SSCC", 0xF9, 0xEF, (("00", _KEY_18),)),
    ("SGLN", 0xF2, 0xE9, (("414", _GLN), ("254", Text(20)))),
    ("GRAI", 0xF1, 0xEB, (("8003", Digits(14, 14)), ("8003", Text(16)))),
    ("GIAI", 0xFA, 0xEE, (("8004", DigitsThenText(30, GS1_CHARACTERS)),)),
    ("GSRN", 0xF4, 0xE7, (("8018", _KEY_18),)),
    ("GSRNP", 0xF5, 0xE8, (("8017", _KEY_18),)),
    ("GDTI", 0xF6, 0xEA, (("253", _GLN), ("253", Text(17)))),
    ("SGCN", 0xF8, 0xEC, (("255", _GLN), ("255", Number(12)))),
    ("ITIP", 0xF3, 0xED, (("8006", Digits(18, 14)), ("21", Text(20)))),
    ("CPI", 0xF0, 0xE6, (("8010", DigitsThenText(30, CPI_CHARACTERS)), ("8011", Number(12)))),
)
PLUS_SCHEMES = tuple(
    PlusScheme(name + sign, header, parts, dated=name == "DSGTIN", own_host=sign == "++")
    for name, one, two, parts in _KEYS
    for sign, header in (("+", one), ("++", two))
)
PLUS_BY_HEADER = {scheme.header: scheme for scheme in PLUS_SCHEMES}
PLUS_BY_NAME = {scheme.name: scheme for scheme in PLUS_SCHEMES}


@dataclass(frozen=True, slots=True)
class Layout:
    """The choices that the standard leaves to a writer, kept so that a tag is written back as it was read."""

    ways: tuple[int, ...] = ()
    host: tuple[int, ...] = ()
    hex_digits: int | None = None


@dataclass(frozen=True, slots=True)
class PlusEpc:
    """One decoded tag of a "+" or "++" scheme.

    `parts` follow the scheme's; `date` is (application identifier, YYMMDD) of a DSGTIN; `more` are the bits after
    the EPC where the toggle says that data follows (they are kept, not read).
    """

    scheme: str
    filter: int
    parts: tuple[str, ...]
    date: tuple[str, str] | None = None
    hostname: str | None = None
    more: str = ""
    layout: Layout = field(default=Layout(), compare=False)

    @property
    def tag_uri(self) -> str:
        """Empty: the standard gives these schemes no tag URI."""
        return ""

    @property
    def uri(self) -> str:
        """Empty: an EPC URI needs the length of the company prefix, which is not on the tag."""
        return ""

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """(application identifier, value) of the key and its qualifiers, then of the date."""
        values: dict[str, str] = {}
        for (ai, _), part in zip(PLUS_BY_NAME[self.scheme].parts, self.parts, strict=True):
            values[ai] = values.get(ai, "") + part
        return (*values.items(), *((self.date,) if self.date else ()))

    @property
    def identity_path(self) -> str:
        """The path of the Digital Link without the date, which is no part of the identity."""
        keys = self.elements[:-1] if self.date else self.elements
        return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in keys)

    @property
    def dl_path(self) -> str:
        """The path of the GS1 Digital Link; the date of a DSGTIN stands in its query."""
        return self.identity_path + (f"?{self.date[0]}={self.date[1]}" if self.date else "")

    @property
    def identity(self) -> str:
        """What the tagged thing is called wherever EPCs are kept: its link on id.gs1.org."""
        return ROOT + self.identity_path

    @property
    def hex(self) -> str:
        """The tag memory as it was read, or in whole words and the fewest bits."""
        return pack_plus(self)


def unpack_plus(scheme: PlusScheme, hex_text: str) -> PlusEpc:
    """The EPC in tag memory of this scheme. Raises MalformedEpc."""
    bits = Bits.of_hex(hex_text, scheme.name)
    bits.take(8)
    toggle, filter_value = bits.take(1), bits.take(3)
    date = _read_date(bits) if scheme.dated else None
    ways: list[int] = []
    parts = tuple(part.read(bits, ways) for _, part in scheme.parts)
    hostname, host = read_hostname(bits) if scheme.own_host else (None, ())
    more = bits.rest_text() if toggle else ""
    bits.finish()
    return PlusEpc(
        scheme.name, filter_value, parts, date, hostname, more, Layout(tuple(ways), host, len(hex_text))
    )


def pack_plus(epc: PlusEpc) -> str:
    """The tag memory as upper-case hex. Raises MalformedEpc."""
    scheme = PLUS_BY_NAME[epc.scheme]
    if len(epc.parts) != len(scheme.parts) or not 0 <= epc.filter < FILTERS:
        raise MalformedEpc(f"{scheme.name} has a filter below {FILTERS} and {len(scheme.parts)} parts")
    out = BitWriter()
    out.put(scheme.header, 8)
    out.put((bool(epc.more) << 3) | epc.filter, 4)
    if scheme.dated:
        _put_date(out, epc.date)
    ways = iter(epc.layout.ways)
    for text, (_, part) in zip(epc.parts, scheme.parts, strict=True):
        part.write(out, text, next(ways, None) if _has_way(part, text) else None)
    if scheme.own_host:
        if epc.hostname is None:
            raise MalformedEpc(f"{scheme.name} ends with a hostname; for none there is {scheme.name[:-1]}")
        put_hostname(out, epc.hostname, epc.layout.host)
    if epc.more:
        out.put(int(epc.more, 2), len(epc.more))
    return out.hex(epc.layout.hex_digits)


def find_scheme(elements: Mapping[str, str], *, own_host: bool) -> PlusScheme | None:
    """The scheme for a key and its qualifiers by application identifier, or None where there is none."""
    dates = [ai for ai in elements if ai in DATE_AIS]
    keys = set(elements) - set(dates)
    return next(
        (
            scheme
            for scheme in PLUS_SCHEMES
            if {ai for ai, _ in scheme.parts} == keys
            and scheme.own_host == own_host
            and scheme.dated == bool(dates)
        ),
        None,
    )


def plus_epc(
    scheme: PlusScheme, elements: Mapping[str, str], filter_value: int = 0, hostname: str | None = None
) -> PlusEpc:
    """The EPC of a key given by application identifiers. Raises MalformedEpc where it breaks the scheme's rules."""
    parts: list[str] = []
    for ai, part in scheme.parts:
        before = sum(len(p) for (other, _), p in zip(scheme.parts, parts, strict=False) if other == ai)
        value = elements.get(ai)
        if value is None:
            raise MalformedEpc(f"{scheme.name} needs the application identifier {ai}")
        fixed = part.count if isinstance(part, Digits) else len(value)
        parts.append(value[before : before + fixed])
    dates = [(ai, value) for ai, value in elements.items() if ai in DATE_AIS]
    epc = PlusEpc(
        scheme.name,
        filter_value,
        tuple(parts),
        dates[0] if scheme.dated and dates else None,
        hostname if scheme.own_host else None,
    )
    pack_plus(epc)  # the codec is the judge
    return epc


def _has_way(part: Part, text: str) -> bool:
    return isinstance(part, Text) or (isinstance(part, DigitsThenText) and not text.isdigit())


def _read_date(bits: Bits) -> tuple[str, str]:
    kind, year, month, day = bits.take(4), bits.take(7), bits.take(4), bits.take(5)
    if kind >= len(DATE_AIS):
        raise MalformedEpc(f"date type {kind} is not defined; 0 to {len(DATE_AIS) - 1} are")
    return DATE_AIS[kind], _check_date(f"{year:02d}{month:02d}{day:02d}")


def _put_date(out: BitWriter, date: tuple[str, str] | None) -> None:
    if date is None or date[0] not in DATE_AIS:
        raise MalformedEpc(f"a DSGTIN has a date: one of the application identifiers {', '.join(DATE_AIS)}")
    text = _check_date(date[1])
    out.put(DATE_AIS.index(date[0]), 4)
    for start, size in ((0, 7), (2, 4), (4, 5)):
        out.put(int(text[start : start + 2]), size)


def _check_date(text: str) -> str:
    """Year, month and day; day 00 stands for the whole month. Raises MalformedEpc."""
    good = len(text) == 6 and text.isascii() and text.isdigit()
    if not good or not 1 <= int(text[2:4]) <= 12 or int(text[4:]) > _DAYS[int(text[2:4]) - 1]:
        raise MalformedEpc(
            f"a date reads YYMMDD with a month of 01 to 12 and a day of it; {text[:12]} does not"
        )
    return text


_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
