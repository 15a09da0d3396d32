"""EPCs as links and as URNs: there and back for every scheme, as far as a link can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epcis.identity import index_key, uri_of_key
from haoyun.rfid_ingest.epcis.translate import company_prefixes, to_link, to_urn, translated

PREFIX = "6901234"
SERIALS = st.text("ABCXYZabcxyz0123456789!'()*+,-.:;=_", min_size=1, max_size=12)
DIGITS = "0123456789"


@st.composite
def urns(draw: st.DrawFn) -> str:
    """URNs of one company."""
    serial = draw(SERIALS)
    five, four = draw(st.text(DIGITS, min_size=5, max_size=5)), draw(st.text(DIGITS, min_size=4, max_size=4))
    return draw(
        st.sampled_from(
            [
                f"urn:epc:id:sgtin:{PREFIX}.1{five}.{serial}",
                f"urn:epc:class:lgtin:{PREFIX}.1{five}.{serial}",
                f"urn:epc:idpat:sgtin:{PREFIX}.1{five}.*",
                f"urn:epc:id:sscc:{PREFIX}.1{five}{four}",
                f"urn:epc:id:sgln:{PREFIX}.{five}.0",
                f"urn:epc:id:sgln:{PREFIX}.{five}.{serial}",
                f"urn:epc:id:pgln:{PREFIX}.{five}",
                f"urn:epc:id:grai:{PREFIX}.{five}.{serial}",
                f"urn:epc:id:giai:{PREFIX}.{serial}",
                f"urn:epc:id:gdti:{PREFIX}.{five}.{serial}",
                f"urn:epc:id:gsrn:{PREFIX}.{five}{five}",
            ]
        )
    )


@given(urns())
def test_a_urn_comes_back_from_its_link_when_the_prefix_is_known(urn: str) -> None:
    link = to_link(urn)
    assert link.startswith("https://id.gs1.org/")
    if not urn.endswith(".0"):  # a serial "0" of an SGLN means that there is none
        assert to_urn({PREFIX, "690", "95212"})(link) == urn
    assert uri_of_key(index_key(link)) == link == uri_of_key(index_key(urn))
    assert to_urn({"9521234"})(link) == link


@given(urns())
def test_an_event_names_the_prefixes_of_its_urns(urn: str) -> None:
    assert company_prefixes(f'{{"epcList": ["{urn}"]}}') == {PREFIX}


@pytest.mark.parametrize(
    "uri", ["urn:epc:id:gid:1.2.3", "urn:x:y", "https://example.org/a", "geo:30.1,120.2"]
)
def test_what_is_no_gs1_key_stays_as_it_is(uri: str) -> None:
    assert to_link(uri) == uri == to_urn({PREFIX})(uri) == uri_of_key(index_key(uri))


def test_every_identity_of_an_event_is_spelled_anew_and_nothing_else() -> None:
    event = {
        "type": "ObjectEvent",
        "epcList": ["a"],
        "quantityList": [{"epcClass": "b", "quantity": 1}],
        "readPoint": {"id": "c", "ex:lane": "d"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "e"}],
        "ex:own": "f",
    }
    assert translated(event, str.upper) == {
        "type": "ObjectEvent",
        "epcList": ["A"],
        "quantityList": [{"epcClass": "B", "quantity": 1}],
        "readPoint": {"id": "C", "ex:lane": "d"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "E"}],
        "ex:own": "f",
    }
