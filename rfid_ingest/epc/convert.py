"""Any spelling of an EPC to tag memory: tag URI, pure identity URI, Digital Link, element string.

A tag needs more than a key: which scheme, which filter, and for the older schemes how long the company prefix is.
`TagOrder` says it; without a scheme the smallest one that fits is taken. Errors: EpcError.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from haoyun.rfid_ingest.epc.codec import ID_PREFIX, TAG_PREFIX, encode, encode_identity
from haoyun.rfid_ingest.epc.elements import identity_uri, parse_elements, parse_link
from haoyun.rfid_ingest.epc.links import ROOT
from haoyun.rfid_ingest.epc.plus import PLUS_BY_NAME, PlusScheme, find_scheme, pack_plus, plus_epc
from haoyun.rfid_ingest.epc.special import SPECIALS
from haoyun.rfid_ingest.epc.tables import SCHEMES
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc, UnknownScheme

_OWN_HOST = urlsplit(ROOT).netloc
# Smallest first: of one family the first that holds an identity is taken.
CLASSIC_NAMES = (
    *(scheme.name for scheme in sorted(SCHEMES, key=lambda scheme: scheme.bits)),
    *(special.name for special in SPECIALS),
)
SCHEME_NAMES = (*CLASSIC_NAMES, *PLUS_BY_NAME)


@dataclass(frozen=True, slots=True)
class TagOrder:
    """How tags are to be written. `prefix_digits` is the length of the GS1 company prefix, 6 to 12."""

    scheme: str | None = None
    filter_value: int = 0
    prefix_digits: int | None = None

    def __post_init__(self) -> None:
        if self.scheme is not None and self.scheme not in SCHEME_NAMES:
            raise UnknownScheme(f"no scheme is named {self.scheme[:40]!r}")


def to_hex(text: str, order: TagOrder | None = None) -> str:
    """The tag memory of an EPC in any spelling. Raises EpcError with the rule that is broken or what is missing."""
    order = order or TagOrder()
    if text.startswith(TAG_PREFIX):
        return encode(text)
    if text.startswith(ID_PREFIX):
        return _from_identity(text, order)
    if text.startswith(("/", "http://", "https://")):
        host, elements = parse_link(text)
    else:
        host, elements = "", parse_elements(text)
    if order.scheme in CLASSIC_NAMES or (order.scheme is None and order.prefix_digits is not None):
        if order.prefix_digits is None:
            raise MalformedEpc(f"{order.scheme} needs the number of digits of the company prefix, 6 to 12")
        return _from_identity(identity_uri(elements, order.prefix_digits), order)
    host = "" if host == _OWN_HOST else host
    scheme = PLUS_BY_NAME[order.scheme] if order.scheme else _plus_scheme(elements, host)
    return pack_plus(plus_epc(scheme, elements, order.filter_value, host or None))


def _plus_scheme(elements: dict[str, str], host: str) -> PlusScheme:
    scheme = find_scheme(elements, own_host=bool(host))
    if scheme is None:
        raise MalformedEpc(f"({')('.join(elements)}) is no key that a tag carries by itself")
    return scheme


def _from_identity(uri: str, order: TagOrder) -> str:
    if order.scheme is not None:
        return encode_identity(uri, order.scheme, order.filter_value)
    family = uri.removeprefix(ID_PREFIX).partition(":")[0]
    refused: EpcError = UnknownScheme(f"no scheme carries {uri[:60]!r}")
    for name in CLASSIC_NAMES:
        if name.rpartition("-")[0] == family:
            try:
                return encode_identity(uri, name, order.filter_value)
            except EpcError as error:  # the next size of tag may hold it
                refused = error
    raise refused
