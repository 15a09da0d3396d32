"""The schemes "+" and "++": random tags survive, refusals name their rule, hostnames read as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epc import PlusEpc, decode, encode
from haoyun.rfid_ingest.epc.bits import BitWriter
from haoyun.rfid_ingest.epc.compact import Digits, DigitsThenText, Number, Part, Text, Way, shortest_way
from haoyun.rfid_ingest.epc.hostname import put_hostname
from haoyun.rfid_ingest.epc.links import check_digit
from haoyun.rfid_ingest.epc.plus import DATE_AIS, PLUS_SCHEMES, Layout, PlusScheme
from haoyun.rfid_ingest.errors import MalformedEpc

SGTIN = "F73795211411234538566CB0AFC4"  # 35 bits of serial 32a/b, one spare bit


def _digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


def _value(part: Part) -> st.SearchStrategy[str]:
    if isinstance(part, Digits):
        keys = _digits(part.checked - 1, part.checked - 1).map(lambda key: key + check_digit(key))
        rest = part.count - part.checked
        return st.tuples(keys, _digits(rest, rest)).map("".join)
    if isinstance(part, Number):
        return _digits(1, part.most)
    if isinstance(part, Text):
        hex_digits = st.text("0123456789abcdef", min_size=1, max_size=part.most)
        words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789", min_size=1, max_size=part.most)
        return st.text(sorted(part.characters), min_size=1, max_size=part.most) | hex_digits | words
    tail = st.text(sorted(part.characters), max_size=part.most - 12)
    return st.tuples(_digits(4, 12), tail).map("".join)


_HOSTS = st.sampled_from(
    ["example.com", "id.example.com.cn", "EXAMPLE.ORG", "www.a-b.tech", "qr.x_y.co.uk", "a.de:8443"]
)


@st.composite
def _epcs(draw: st.DrawFn, scheme: PlusScheme) -> PlusEpc:
    return PlusEpc(
        scheme.name,
        draw(st.integers(0, 7)),
        tuple(draw(_value(part)) for _, part in scheme.parts),
        (draw(st.sampled_from(DATE_AIS)), draw(st.sampled_from(["220630", "990100", "240229"])))
        if scheme.dated
        else None,
        draw(_HOSTS) if scheme.own_host else None,
        draw(st.text("01", min_size=16, max_size=40).map(lambda bits: bits + "1"))
        if draw(st.booleans())
        else "",
    )


@given(st.data(), st.sampled_from(PLUS_SCHEMES))
def test_every_valid_tag_survives_writing_and_reading(data: st.DataObject, scheme: PlusScheme) -> None:
    epc = data.draw(_epcs(scheme))
    read = decode(encode(epc))
    assert isinstance(read, PlusEpc)
    assert replace(read, more=read.more[: len(epc.more)]) == epc  # zeros fill up the last word
    assert encode(read) == encode(epc)


@given(st.data(), st.sampled_from(list(Way)))
def test_a_text_that_was_not_written_in_the_shortest_way_is_written_back_as_it_was(
    data: st.DataObject, way: Way
) -> None:
    digits = data.draw(_digits(1, 20))
    epc = PlusEpc("SGTIN+", 1, ("79521141123453", digits), layout=Layout((way,)))
    assert encode(decode(encode(epc))) == encode(epc)
    assert decode(encode(epc)).parts == epc.parts


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("123", Way.INTEGER),
        ("12F", Way.UPPER_HEX),
        ("12f", Way.LOWER_HEX),
        ("Ab_", Way.BASE64URL),
        ("A/b", Way.ASCII),
        ("ABZ", Way.CODE_40),
        ("AZ", Way.BASE64URL),
    ],
)
def test_a_text_takes_the_way_with_the_fewest_bits(text: str, way: Way) -> None:
    assert shortest_way(text) is way


@pytest.mark.parametrize(
    ("hex_text", "rule"),
    [
        ("F7379521141123453", "at least"),
        ("F737952114112345A85", "decimal digits"),
        ("F73795211411234548566CB0AFC4", "check digit of 79521141123454 must be 3"),
        ("F737952114112345" + "3C5" + "66CB0AFC4", "indicator 6"),
        ("F7379521141123453" + "80", "1 to 20 characters, not 0"),
        ("F7379521141123453" + "95" + "6" * 40, "1 to 20 characters, not 21"),
        ("F7379521141123453" + "01" + "F0", "1 digits; 15"),
        (SGTIN + "0000", "whole words"),
        (SGTIN[:-1] + "5", "after the end of SGTIN"),
        ("FB372CDE795211411234538566CB0AFC4", "date type 7"),
        ("FB342CDF795211411234538566CB0AFC4", "220631 does not"),
        ("FA" + "3" + "952114132" + "B", "1111"),
        ("FA" + "3" + "95" + "F000", "4 digits at least"),
        ("FA" + "3" + "9" * 40, "at most 30"),
        ("F8" + "3" + "9521141678909" + "D" + "0" * 20, "1 to 12 digits, not 13"),
        ("EF009520123456789123" + "5" + "0A00000", "no group"),
        ("EF009520123456789123" + "5" + "8400000000000", "no hostname"),
    ],
)
def test_a_refusal_names_the_rule(hex_text: str, rule: str) -> None:
    with pytest.raises(MalformedEpc, match=rule):
        decode(hex_text)


def test_data_after_the_epc_is_kept_where_the_toggle_announces_it() -> None:
    with_data = f"{SGTIN[:2]}B{SGTIN[3:]}17261231"
    epc = decode(with_data)
    assert isinstance(epc, PlusEpc)
    assert epc.dl_path == "/01/79521141123453/21/32a%2Fb"
    assert epc.more.endswith(f"{0x17261231:032b}")
    assert encode(epc) == with_data


def test_the_link_of_a_plus_tag_is_its_identity_and_the_date_is_none_of_it() -> None:
    epc = decode("FB342CDE795211411234538566CB0AFC4")
    assert epc.identity == "https://id.gs1.org/01/79521141123453/21/32a%2Fb"
    assert epc.elements == (("01", "79521141123453"), ("21", "32a/b"), ("17", "220630"))
    assert (epc.tag_uri, epc.uri) == ("", "")


@pytest.mark.parametrize(
    ("hostname", "units"),
    [("id.example.com", 9), ("example.com", 8), ("qr.loja.com.br", 7), ("x.tech", 3), ("EXAMPLE.ORG", 11)],
)
def test_common_endings_of_a_hostname_are_one_unit_or_two(hostname: str, units: int) -> None:
    out = BitWriter()
    put_hostname(out, hostname)
    size = 7 + (-(-units // 3) * 16 if hostname.isupper() else 7 * units)
    assert out.size == size
    epc = PlusEpc("SSCC++", 2, ("095201234567891235",), hostname=hostname)
    assert decode(encode(epc)) == epc


@pytest.mark.parametrize("hostname", ["", "-a.com", "a b.com", "例子.cn", "x" * 64])
def test_what_is_no_hostname_is_refused(hostname: str) -> None:
    with pytest.raises(MalformedEpc, match="hostname"):
        encode(PlusEpc("SSCC++", 2, ("095201234567891235",), hostname=hostname))


@pytest.mark.parametrize(
    ("epc", "rule"),
    [
        (PlusEpc("SSCC++", 2, ("095201234567891235",)), "SSCC[+]"),
        (PlusEpc("SSCC+", 8, ("095201234567891235",)), "filter"),
        (PlusEpc("SGTIN+", 0, ("79521141123453",)), "2 parts"),
        (PlusEpc("DSGTIN+", 0, ("79521141123453", "1")), "has a date"),
        (PlusEpc("DSGTIN+", 0, ("79521141123453", "1"), ("17", "220631")), "YYMMDD"),
        (PlusEpc("CPI+", 0, ("9521141abc", "1")), "may not stand"),
    ],
)
def test_what_breaks_its_scheme_is_not_written(epc: PlusEpc, rule: str) -> None:
    with pytest.raises(MalformedEpc, match=rule):
        encode(epc)


def test_a_key_and_its_parts_are_one_kind_each() -> None:
    kinds = {type(part) for scheme in PLUS_SCHEMES for _, part in scheme.parts}
    assert kinds == {Digits, Number, Text, DigitsThenText}
