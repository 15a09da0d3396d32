"""Tag memory (hex) to EPC and back, for the classic GS1 schemes.

Everything that the layout forbids is refused with the rule it breaks: a tag that merely looks like GS1 must
not become a plausible wrong number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from haoyun.rfid_ingest.epc.links import dl_path
from haoyun.rfid_ingest.epc.pack import pack_classic, pack_gid
from haoyun.rfid_ingest.epc.tables import BY_HEADER, BY_NAME, GID_HEADER, GID_NAME, NOT_BUILT
from haoyun.rfid_ingest.epc.unpack import unpack_classic, unpack_gid
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc, SchemeNotBuilt, UnknownScheme

_HEX = re.compile(r"[0-9A-Fa-f]+\Z")
_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in '"%&/<>?#'})
_TAG_PREFIX, _ID_PREFIX = "urn:epc:tag:", "urn:epc:id:"


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
        return f"{_TAG_PREFIX}{self.scheme}:{_dotted(filtered)}"

    @property
    def uri(self) -> str:
        """The pure identity URI, the same for every size of tag that carries this identity."""
        return f"{_ID_PREFIX}{self.family}:{_dotted(self.parts)}"

    @property
    def dl_path(self) -> str:
        """The path of the GS1 Digital Link; empty for GID, which has none."""
        return dl_path(self.family, self.parts) or ""

    @property
    def hex(self) -> str:
        """The tag memory in whole words, as upper-case hex."""
        return encode(self.tag_uri)


def decode(hex_text: str) -> Epc:
    """Read tag memory (hex from the header on); raises EpcError with the rule that is broken."""
    if not _HEX.match(hex_text) or len(hex_text) < 2:
        raise MalformedEpc("an EPC is written in hexadecimal digits, at least two")
    header = int(hex_text[:2], 16)
    if header == GID_HEADER:
        return Epc(GID_NAME, None, unpack_gid(hex_text))
    scheme = BY_HEADER.get(header)
    if scheme is None:
        if header in NOT_BUILT:
            raise SchemeNotBuilt(NOT_BUILT[header])
        raise UnknownScheme(f"no GS1 scheme has the header {header:02X}")
    return Epc(scheme.name, *unpack_classic(scheme, hex_text))


def encode(tag_uri: str) -> str:
    """Write a tag URI as tag memory (upper-case hex in whole words); raises EpcError."""
    name, separator, rest = tag_uri.removeprefix(_TAG_PREFIX).partition(":")
    if not tag_uri.startswith(_TAG_PREFIX) or not separator:
        raise MalformedEpc("a tag URI reads urn:epc:tag:<scheme>:<filter>.<parts>")
    if name == GID_NAME:
        return pack_gid(rest)
    scheme = BY_NAME.get(name)
    if scheme is None:
        known = name in NOT_BUILT.values()
        raise SchemeNotBuilt(name) if known else UnknownScheme(f"no scheme is named {name[:40]!r}")
    return pack_classic(scheme, rest)


def encode_identity(uri: str, scheme: str, filter_value: int = 0) -> str:
    """Write a pure identity URI as tag memory of `scheme`; 0 is the filter "all others"."""
    family = scheme.rpartition("-")[0]
    prefix = f"{_ID_PREFIX}{family}:"
    if not uri.startswith(prefix):
        raise MalformedEpc(f"a tag of scheme {scheme} carries a {prefix}… identity")
    rest = uri.removeprefix(prefix)
    return encode(f"{_TAG_PREFIX}{scheme}:{rest if scheme == GID_NAME else f'{filter_value}.{rest}'}")


def sscc_epc(company_prefix: str, serial: int, *, extension: int = 0, filter_value: int = 6) -> Epc:
    """The SSCC of a logistic unit. Filter 6 is a unit load, 2 a full case. Raises MalformedEpc."""
    digits = 16 - len(company_prefix)
    if not 0 <= serial < 10**digits or not 0 <= extension < 10:
        raise MalformedEpc(
            f"an SSCC with a company prefix of {len(company_prefix)} digits has one extension digit "
            f"and a serial below 10^{digits}"
        )
    epc = Epc("sscc-96", filter_value, (company_prefix, f"{extension}{serial:0{digits}d}"))
    encode(epc.tag_uri)  # the codec is the judge of prefix and filter
    return epc


def find_decoded(hex_text: str) -> Epc | None:
    """The decoded tag, or None where the memory holds no EPC that this codec reads."""
    try:
        return decode(hex_text)
    except EpcError:
        return None


def _dotted(parts: tuple[str, ...]) -> str:
    return ".".join(part.translate(_ESCAPES) for part in parts)
