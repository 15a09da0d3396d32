"""Tag memory (hex) to EPC and back, for all schemes of the GS1 Tag Data Standard 2.3.

Everything that the layout forbids is refused with the rule it breaks: a tag that merely looks like GS1 must
not become a plausible wrong number. For millions of tags see quick.py (one by one) and batch.py (arrays).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from haoyun.rfid_ingest.epc.links import dl_path, elements_of_path
from haoyun.rfid_ingest.epc.pack import pack_classic
from haoyun.rfid_ingest.epc.plus import PLUS_BY_HEADER, PLUS_BY_NAME, PlusEpc, pack_plus, unpack_plus
from haoyun.rfid_ingest.epc.special import SPECIALS
from haoyun.rfid_ingest.epc.tables import BY_HEADER, BY_NAME, FILTERS
from haoyun.rfid_ingest.epc.text import dotted, unescape, whole_number
from haoyun.rfid_ingest.epc.unpack import unpack_classic
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc, UnknownScheme

TAG_PREFIX, ID_PREFIX = "urn:epc:tag:", "urn:epc:id:"
_HEX = re.compile(r"[0-9A-Fa-f]+\Z")
_SPECIAL_BY_HEADER = {scheme.header: scheme for scheme in SPECIALS}
_SPECIAL_BY_NAME = {scheme.name: scheme for scheme in SPECIALS}


@dataclass(frozen=True, slots=True)
class Epc:
    """One decoded tag. `parts` are the URI's parts after the filter, unescaped; GID-96 has no filter."""

    scheme: str
    filter: int | None
    parts: tuple[str, ...]

    @property
    def family(self) -> str:
        """The scheme's name in pure identity URIs: `sscc` for `sscc-96`."""
        return self.scheme.rpartition("-")[0]

    @property
    def tag_uri(self) -> str:
        """The tag URI: scheme, filter and identity, enough to write the same tag again."""
        filtered = self.parts if self.filter is None else (str(self.filter), *self.parts)
        return f"{TAG_PREFIX}{self.scheme}:{dotted(filtered)}"

    @property
    def uri(self) -> str:
        """The pure identity URI, the same for every size of tag that carries this identity."""
        return f"{ID_PREFIX}{self.family}:{dotted(self.parts)}"

    @property
    def identity(self) -> str:
        """What the tagged thing is called wherever EPCs are kept: its pure identity URI."""
        return self.uri

    @property
    def dl_path(self) -> str:
        """The path of the GS1 Digital Link; empty for GID, USDOD and ADI, which have none."""
        return dl_path(self.family, self.parts) or ""

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """(application identifier, value) of the key and its qualifiers; empty where GS1 has none."""
        return elements_of_path(self.dl_path)

    @property
    def hex(self) -> str:
        """The tag memory in whole words, as upper-case hex."""
        return _pack(self)


def decode(hex_text: str) -> Epc | PlusEpc:
    """Read tag memory (hex from the header on); raises EpcError with the rule that is broken."""
    if not _HEX.match(hex_text) or len(hex_text) < 2:
        raise MalformedEpc("an EPC is written in hexadecimal digits, at least two")
    header = int(hex_text[:2], 16)
    if scheme := BY_HEADER.get(header):
        return Epc(scheme.name, *unpack_classic(scheme, hex_text))
    if plus := PLUS_BY_HEADER.get(header):
        return unpack_plus(plus, hex_text)
    if special := _SPECIAL_BY_HEADER.get(header):
        return Epc(special.name, *special.read(hex_text))
    raise UnknownScheme(f"no GS1 scheme has the header {header:02X}")


def encode(tag: str | Epc | PlusEpc) -> str:
    """Write a tag URI or a decoded tag as tag memory (upper-case hex); raises EpcError.

    A tag URI fills whole words; a decoded tag gets the digits that it was read from.
    """
    if isinstance(tag, PlusEpc):
        return pack_plus(tag)
    return _pack(tag if isinstance(tag, Epc) else parse_tag_uri(tag))


def parse_tag_uri(tag_uri: str) -> Epc:
    """The parts of a tag URI; whether they fit a tag is only known by encoding them. Raises EpcError."""
    name, separator, rest = tag_uri.removeprefix(TAG_PREFIX).partition(":")
    if not tag_uri.startswith(TAG_PREFIX) or not separator:
        raise MalformedEpc("a tag URI reads urn:epc:tag:<scheme>:<filter>.<parts>")
    count, filters = _shape(name)
    raw = rest.split(".", count if filters else count - 1)
    if len(raw) != count + bool(filters):
        raise MalformedEpc(f"{name} has {'a filter and ' if filters else ''}{count} parts")
    parts = tuple(unescape(part) for part in raw)
    if not filters:
        return Epc(name, None, parts)
    return Epc(name, whole_number(parts[0], "filter", filters), parts[1:])


def encode_identity(uri: str, scheme: str, filter_value: int = 0) -> str:
    """Write a pure identity URI as tag memory of `scheme`; 0 is the filter "all others"."""
    family = scheme.rpartition("-")[0]
    prefix = f"{ID_PREFIX}{family}:"
    if not uri.startswith(prefix):
        raise MalformedEpc(f"a tag of scheme {scheme} carries a {prefix}… identity")
    rest = uri.removeprefix(prefix)
    return encode(f"{TAG_PREFIX}{scheme}:{f'{filter_value}.{rest}' if _shape(scheme)[1] else rest}")


def sscc_epc(company_prefix: str, serial: int, *, extension: int = 0, filter_value: int = 6) -> Epc:
    """The SSCC of a logistic unit. Filter 6 is a unit load, 2 a full case. Raises MalformedEpc."""
    digits = 16 - len(company_prefix)
    if not 0 <= serial < 10**digits or not 0 <= extension < 10:
        raise MalformedEpc(
            f"an SSCC with a company prefix of {len(company_prefix)} digits has one extension digit "
            f"and a serial below 10^{digits}"
        )
    epc = Epc("sscc-96", filter_value, (company_prefix, f"{extension}{serial:0{digits}d}"))
    encode(epc)  # the codec is the judge of prefix and filter
    return epc


def find_decoded(hex_text: str) -> Epc | PlusEpc | None:
    """The decoded tag, or None where the memory holds no EPC that this codec reads."""
    try:
        return decode(hex_text)
    except EpcError:
        return None


def _shape(name: str) -> tuple[int, int]:
    """How many parts and filter values a scheme's tag URI has. Raises UnknownScheme."""
    if scheme := BY_NAME.get(name):
        return scheme.part_count, FILTERS
    if special := _SPECIAL_BY_NAME.get(name):
        return special.part_count, special.filters
    if name.upper() in PLUS_BY_NAME:
        raise UnknownScheme(f"{name} has no tag URI; write it from a Digital Link or an element string")
    raise UnknownScheme(f"no scheme is named {name[:40]!r}")


def _pack(epc: Epc) -> str:
    count, filters = _shape(epc.scheme)
    if len(epc.parts) != count or not 0 <= (epc.filter or 0) < max(filters, 1):
        raise MalformedEpc(f"{epc.scheme} has {count} parts and {filters} filter values")
    if scheme := BY_NAME.get(epc.scheme):
        return pack_classic(scheme, epc.filter, epc.parts)
    return _SPECIAL_BY_NAME[epc.scheme].write(epc.filter, epc.parts)
