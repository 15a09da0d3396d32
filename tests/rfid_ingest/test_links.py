"""EPC identities as Digital Links."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epc.links import check_digit, digital_link
from haoyun.rfid_ingest.epcis import identity
from haoyun.rfid_ingest.epcis.identity import canonical
from haoyun.rfid_ingest.epcis.instants import instant, instant_ms, instant_text
from haoyun.tracking.instants import EPOCH


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("urn:epc:id:sgtin:4012345.012345.12", "/01/04012345123456/21/12"),
        ("urn:epc:id:sscc:4012345.0000000333", "/00/040123450000003338"),
        ("urn:epc:id:sgln:4012345.00011.987", "/414/4012345000115/254/987"),
        ("urn:epc:id:sgln:4012345.00011.0", "/414/4012345000115"),
        ("urn:epc:id:pgln:4012345.00000", "/417/4012345000009"),
        ("urn:epc:id:grai:4012345.66666.87", "/8003/0401234566666387"),
        ("urn:epc:id:giai:4012345.AAbb", "/8004/4012345AAbb"),
        ("urn:epc:id:gsrn:4012345.9876540000", "/8018/401234598765400000"),
        ("urn:epc:id:gdti:4012345.55555.98", "/253/401234555555498"),
        ("urn:epc:id:cpi:4012345.ABC.123", "/8010/4012345ABC/8011/123"),
        ("urn:epc:id:ginc:4012345.333", "/401/4012345333"),
        ("urn:epc:id:gsin:4012345.999987654", "/402/40123459999876541"),
        ("urn:epc:id:itip:4012345.012345.01.02.999", "/8006/040123451234560102/21/999"),
        ("urn:epc:id:upui:4012345.012345.AB12", "/01/04012345123456/235/AB12"),
        ("urn:epc:class:lgtin:4054739.099914.20160711", "/01/04054739999148/10/20160711"),
        ("urn:epc:idpat:sgtin:4054739.099914.*", "/01/04054739999148"),
        ("urn:epc:idpat:grai:4012345.66666.*", "/8003/04012345666663"),
        ("https://example.org/shop/01/04012345123456/21/12?x=1", "/01/04012345123456/21/12"),
    ],
)
def test_an_identity_is_a_link_on_id_gs1_org(uri: str, path: str) -> None:
    assert digital_link(uri) == f"https://id.gs1.org{path}"


@pytest.mark.parametrize(
    "uri",
    [
        "geo:30.59,114.3",
        "https://example.org/taxonomy/1126011",
        "urn:uuid:1",
        "urn:epc:id:sgtin:1",
        "urn:epc:id:gid:1.2.3",
    ],
)
def test_what_is_no_gs1_key_is_left_alone(uri: str) -> None:
    assert digital_link(uri) == uri


def test_the_check_digit_makes_the_weighted_sum_a_multiple_of_ten() -> None:
    assert check_digit("629104150021") == "3"
    assert check_digit("690123456789") == "2"


_DIGITS = st.text("0123456789", min_size=0, max_size=13)
_ODD = st.text("0123456789AZaz.%-:*/ é٣", max_size=13)
_URNS = st.builds(
    lambda kind, family, parts: f"urn:epc:{kind}:{family}:{'.'.join(parts)}",
    st.sampled_from(["id", "idpat", "class"]),
    st.sampled_from(
        ["sgtin", "sscc", "sgln", "grai", "giai", "gdti", "gsrn", "lgtin", "cpi", "itip", "none"]
    ),
    st.lists(st.one_of(_DIGITS, _DIGITS, _ODD), min_size=1, max_size=4),
)


@given(_URNS)
def test_the_short_way_to_a_link_is_the_long_one(uri: str) -> None:
    assert canonical(uri) == digital_link(uri) == canonical(uri)


@given(
    st.lists(
        st.one_of(_URNS, st.sampled_from([" urn:x:1", "geo:1,2", "https://x.org/01/04012345123456/21/12"]))
    )
)
def test_a_list_of_identities_has_the_links_and_keys_of_each(uris: list[str]) -> None:
    links = identity.links_of(uris)
    if any(uri != uri.strip() for uri in uris):
        assert links is None
    else:
        assert links == [digital_link(uri) for uri in uris]
        assert identity.keys_of_links(links) == [identity.index_key(uri) for uri in uris]


@pytest.mark.parametrize("given", ["urn:x:1", None, {"urn:x:1": 1}, ["urn:x:1", 3]])
def test_what_is_no_list_of_texts_has_no_links(given: object) -> None:
    assert identity.links_of(given) is None


def test_an_identity_too_long_to_be_kept_is_not_remembered() -> None:
    long = "urn:epc:id:giai:4012345." + "9" * 600
    assert canonical(long) == digital_link(long)
    assert long not in identity._links


@given(
    st.datetimes(timezones=st.timezones()),
    st.sampled_from([0, 3, 6]),
    st.sampled_from(["+00:00", "Z", "+08:00", "-11:30"]),
)
def test_an_instant_is_the_same_the_short_way_and_the_long_one(
    when: datetime, digits: int, offset: str
) -> None:
    fraction = f".{when.microsecond:06}"[: digits + 1] if digits else ""
    text = f"{when.year:04}-{when:%m-%dT%H:%M:%S}{fraction}{offset}"
    try:
        moment = instant(text)
    except ValueError:  # outside the calendar in UTC
        return
    assert instant_ms(text) == (moment - EPOCH) // timedelta(milliseconds=1)
    if digits < 6:
        assert (
            instant_text(text) == f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
        )
