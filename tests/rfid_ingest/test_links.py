"""EPC identities as Digital Links."""

from __future__ import annotations

import pytest

from haoyun.rfid_ingest.epc.links import check_digit, digital_link


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
