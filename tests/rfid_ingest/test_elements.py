"""Element strings and Digital Links, to tags and back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epc import decode
from haoyun.rfid_ingest.epc.convert import TagOrder, to_hex
from haoyun.rfid_ingest.epc.elements import FNC1, identity_uri, parse_elements, parse_link, printed, raw
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc, UnknownScheme

PAIRS = (("01", "09506000134352"), ("21", "32a/b"))


def test_an_element_string_is_written_in_print_and_raw() -> None:
    dated = (*PAIRS, ("17", "220630"))
    assert printed(dated) == "(01)09506000134352(21)32a/b(17)220630"
    assert raw(dated) == f"010950600013435221{'32a/b'}{FNC1}17220630"
    assert raw(PAIRS) == "0109506000134352" + "2132a/b"


@pytest.mark.parametrize("form", [printed, raw, lambda pairs: "]C1" + raw(pairs), lambda p: FNC1 + raw(p)])
def test_both_forms_are_read(form) -> None:  # type: ignore[no-untyped-def]
    pairs = (*PAIRS, ("17", "220630"))
    assert parse_elements(form(pairs)) == dict(pairs)


def test_a_value_may_hold_brackets_that_are_no_identifier() -> None:
    assert parse_elements("(8004)9521141(A)7(x)") == {"8004": "9521141(A)7(x)"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "application identifier and a value"),
        ("(01)", "14 digits"),
        ("(01)0950600013435", "14 digits"),
        ("(01)0950600013435X", "14 digits"),
        ("(21)", "at least one"),
        ("(21)a(21)b", "twice"),
        ("(99)1", "no application identifier of an EPC key"),
        ("x(01)09506000134352", "begins with no"),
        ("9912", "begins with no"),
        ("(01)09506000134352(21", "14 digits"),
    ],
)
def test_what_is_no_element_string_is_refused_with_the_reason(text: str, rule: str) -> None:
    with pytest.raises(MalformedEpc, match=rule):
        parse_elements(text)


def test_a_link_on_any_host_below_any_path_is_read() -> None:
    elements = {"01": "09506000134352", "21": "32a/b", "17": "220630"}
    for stem in ("", "https://example.com", "https://id.gs1.org/some/shop"):
        host, found = parse_link(f"{stem}/01/09506000134352/21/32a%2Fb?17=220630&utm=x")
        assert found == elements
        assert host == stem.removeprefix("https://").partition("/")[0]


@pytest.mark.parametrize("link", ["https://example.com/shop", "/01/09506000134352/21", "/01", "http://[::1"])
def test_what_is_no_digital_link_is_refused(link: str) -> None:
    with pytest.raises(MalformedEpc):
        parse_link(link)


def test_every_vector_comes_back_from_its_link_and_its_element_string(shared_data: Path) -> None:
    with (shared_data / "rfid" / "epc_vectors.csv").open(encoding="utf-8") as file:
        vectors = [v for v in csv.DictReader(file) if v["expect"] == "ok" and v["dl_path"] and v["uri"]]
    for v in vectors:
        epc = decode(v["hex"])
        prefix_digits = len(v["uri"].split(":")[4].split(".")[0])
        elements = dict(epc.elements)
        assert identity_uri(elements, prefix_digits) == v["uri"]
        assert parse_link(v["dl_path"])[1] == elements
        assert parse_elements(raw(epc.elements)) == elements
        order = TagOrder(v["scheme"], epc.filter or 0, prefix_digits)
        for text in (v["tag_uri"], v["uri"], v["dl_path"], raw(epc.elements), printed(epc.elements)):
            if not text.startswith("(") or "(" not in "".join(elements.values()):
                assert to_hex(text, order) == v["hex"], text


def test_links_become_plus_tags_and_those_of_other_hosts_plus_plus_tags(shared_data: Path) -> None:
    with (shared_data / "rfid" / "epc_vectors.csv").open(encoding="utf-8") as file:
        vectors = [v for v in csv.DictReader(file) if "+" in v["scheme"]]
    assert len(vectors) == 624
    for v in vectors:
        epc = decode(v["hex"])
        host = "https://id.example.com" if v["scheme"].endswith("++") else "https://id.gs1.org"
        written = to_hex(host + v["dl_path"], TagOrder(filter_value=epc.filter or 0))
        assert written.rstrip("0") == v["hex"].rstrip("0")


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("urn:epc:id:sgtin:0614141.107346.17", "sgtin-96"),
        ("urn:epc:id:sgtin:0614141.107346.AB", "sgtin-198"),
        ("urn:epc:id:giai:0614141.1234", "giai-96"),
        ("urn:epc:id:gdti:0614141.12345.0017", "gdti-113"),
        ("urn:epc:id:cpi:0614141.ABC.17", "cpi-var"),
    ],
)
def test_an_identity_becomes_the_smallest_tag_that_holds_it(text: str, scheme: str) -> None:
    epc = decode(to_hex(text))
    assert (epc.scheme, epc.uri) == (scheme, text)


@pytest.mark.parametrize(
    ("text", "order", "rule"),
    [
        ("/01/09506000134352/21/1", TagOrder("sgtin-96"), "number of digits"),
        ("/01/09506000134352", TagOrder(), "no key that a tag carries"),
        ("/01/09506000134353/21/1", TagOrder(), "check digit"),
        ("/01/09506000134353/21/1", TagOrder(prefix_digits=7), "check digit"),
        ("/10/1", TagOrder(prefix_digits=7), "no key that an EPC"),
        ("/01/09506000134352/21/1", TagOrder("SSCC+"), "needs the application identifier 00"),
        ("urn:epc:id:lgtin:4054739.099914.1", TagOrder(), "no scheme carries"),
        ("urn:epc:id:sgtin:0614141.107346.17", TagOrder("sscc-96"), "carries a"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(text: str, order: TagOrder, rule: str) -> None:
    with pytest.raises(EpcError, match=rule):
        to_hex(text, order)


def test_an_unknown_scheme_is_refused_at_once() -> None:
    with pytest.raises(UnknownScheme, match="sgtin-97"):
        TagOrder("sgtin-97")


@given(st.text(st.sampled_from("0123456789()abX/:?%&=." + FNC1), max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    for read in (to_hex, parse_elements, parse_link):
        try:
            read(text)
        except EpcError as error:
            assert str(error)
