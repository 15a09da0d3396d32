"""Tag memory to EPC and back, over the published vectors and over random tags of every scheme."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epc import (
    Epc,
    decode,
    encode,
    encode_identity,
    find_decoded,
    sscc_epc,
    tag_uri_of,
    uri_of,
)
from haoyun.rfid_ingest.epc.plus import PLUS_BY_HEADER
from haoyun.rfid_ingest.epc.quick import describe
from haoyun.rfid_ingest.epc.special import GID_FIELDS, SPECIALS, Special
from haoyun.rfid_ingest.epc.tables import (
    BY_HEADER,
    BY_NAME,
    CPI_CHARACTERS,
    GS1_CHARACTERS,
    PREFIX_BITS,
    PREFIX_DIGITS,
    SCHEMES,
    Field,
    Scheme,
    prefixed_digits,
)
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc, UnknownScheme

SGTIN = "3066C4409047E140075BCD15"
SSCC = "311BA1B300CE0A6A83000000"


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "rfid" / "epc_vectors.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_vector_reads_and_writes(vectors: list[dict[str, str]]) -> None:
    good = [v for v in vectors if v["expect"] == "ok"]
    for v in good:
        epc = decode(v["hex"])
        assert (epc.scheme, epc.dl_path) == (v["scheme"], v["dl_path"])
        assert encode(epc) == v["hex"]
        assert describe(v["hex"]) == (epc.scheme, epc.tag_uri, epc.uri, epc.dl_path)
        for uri, read in (("tag_uri", tag_uri_of), ("uri", uri_of)):
            if v[uri]:  # the vectors give none for "+" and for the one tag of CPI-var
                assert v[uri] == getattr(epc, uri) == read(v["hex"])
        if v["tag_uri"]:
            assert encode(v["tag_uri"]) == v["hex"]
    assert len(good) == 3716
    assert len({v["scheme"] for v in good}) == 43


def test_every_vector_that_must_be_refused_is_refused(vectors: list[dict[str, str]]) -> None:
    refused = [v for v in vectors if v["expect"] != "ok"]
    for v in refused:
        for read in (decode, uri_of, tag_uri_of):
            with pytest.raises(EpcError):
                read(v["hex"])
    assert len(refused) == 370


@pytest.mark.parametrize(
    ("hex_text", "rule"),
    [
        ("3066C4409047E1400_5BCD15", "hexadecimal"),  # int() would take it
        (SGTIN[:-1] + "\n", "hexadecimal"),
        ("3066C4409047E140075BCD1\u0665", "hexadecimal"),
        ("", "hexadecimal"),
        ("30 6", "hexadecimal"),
        ("30", "96 bits"),
        (SGTIN + "00", "fills 24 hex digits"),
        ("303C" + SGTIN[4:], "partition 7"),
        (SSCC[:-1] + "1", "reserved bits"),
        ("36" + "66C4409047E159B2C2BF100000000000000000000000000000"[:49] + "1", "after the 198"),
    ],
)
def test_a_refusal_names_the_rule(hex_text: str, rule: str) -> None:
    for read in (decode, uri_of, tag_uri_of):
        with pytest.raises(MalformedEpc, match=rule):
            read(hex_text)


def test_a_header_of_no_scheme_is_unknown() -> None:
    with pytest.raises(UnknownScheme, match="E2"):
        decode("E2000000000000000000ABCD")
    assert find_decoded("E2000000000000000000ABCD") is None


@pytest.mark.parametrize(
    ("tag_uri", "rule"),
    [
        ("urn:epc:id:sgtin:0614141.107346.1", "urn:epc:tag"),
        ("urn:epc:tag:sgtin-97:0.0614141.107346.1", "no scheme"),
        ("urn:epc:tag:sgtin-96:8.0614141.107346.1", "filter"),
        ("urn:epc:tag:sgtin-96:0.06141.107346.1", "6 to 12"),
        ("urn:epc:tag:sgtin-96:0.0614141.10734.1", "reference has 6 digits"),
        ("urn:epc:tag:sgtin-96:0.0614141.107346.01", "leading zeros"),
        ("urn:epc:tag:sgtin-96:0.0614141.107346.274877906944", "below"),
        ("urn:epc:tag:sgtin-96:0.0614141.107346", "3 parts"),
        ("urn:epc:tag:sgtin-198:0.0614141.107346.a%2", "two hexadecimal"),
        ("urn:epc:tag:sgtin-198:0.0614141.107346.a%C3b", "set of 82"),
        ("urn:epc:tag:sgtin-198:0.0614141.107346.123456789012345678901", "20 characters"),
        ("urn:epc:tag:sgtin-96:0.0614141.107346.\u0661", "leading zeros"),  # Arabic digits are no digits here
        ("urn:epc:tag:sgcn-96:0.0614141.10734.", "1 to 12"),
        ("urn:epc:tag:gid-96:1.2", "3 parts"),
        ("urn:epc:tag:SGTIN+:1.2", "no tag URI"),
        ("urn:epc:tag:sgtin-96:0.0614141.107346." + "9" * 5000, "below"),
        ("urn:epc:tag:usdod-96:0.CAGEYYY.1", "CAGE code"),
        ("urn:epc:tag:usdod-96:16.CAGEY.1", "filter is below 16"),
        ("urn:epc:tag:adi-var:0.35962.pq7.M37", "part number"),
        ("urn:epc:tag:adi-var:0.35962.PQ7.%23", "serial of a part"),
        ("urn:epc:tag:adi-var:64.35962.PQ7.M37", "filter is below 64"),
        ("urn:epc:tag:cpi-var:0.9521141.abc.1", "component reference"),
        ("urn:epc:tag:cpi-var:0.9521141.ABC.1000000000000", "12 digits"),
        ("urn:epc:tag:cpi-var:0.9521141.ABCDEFGHIJKLMNOPQRSTUVWX.1", "30 characters"),
        ("urn:epc:tag:gdti-113:0.9521141.98765.123456789012345678", "1 to 17 digits"),
    ],
)
def test_a_tag_uri_that_breaks_a_rule_is_refused(tag_uri: str, rule: str) -> None:
    with pytest.raises(EpcError, match=rule):
        encode(tag_uri)


def test_a_pure_identity_is_written_to_the_tag_that_is_asked_for() -> None:
    uri = decode(SGTIN).uri
    assert decode(encode_identity(uri, "sgtin-96", 3)).tag_uri == decode(SGTIN).tag_uri
    assert decode(encode_identity(uri, "sgtin-198")).uri == uri
    with pytest.raises(MalformedEpc, match="sscc"):
        encode_identity(uri, "sscc-96")


def test_an_sscc_is_made_from_prefix_and_serial() -> None:
    epc = sscc_epc("6901234", 42)
    assert epc.uri == "urn:epc:id:sscc:6901234.0000000042"
    assert decode(epc.hex) == epc
    assert epc.dl_path == "/00/069012340000000429"
    with pytest.raises(MalformedEpc, match=r"below 10\^9"):
        sscc_epc("6901234", 10**9)
    with pytest.raises(MalformedEpc, match="6 to 12"):
        sscc_epc("69012", 1)


def test_every_scheme_has_a_header_and_a_name_of_its_own() -> None:
    headers = [*BY_HEADER, *PLUS_BY_HEADER, *(special.header for special in SPECIALS)]
    assert len(set(headers)) == len(headers) == len(SCHEMES) + 24 + len(SPECIALS)
    assert len(BY_NAME) == len(SCHEMES)


@pytest.mark.parametrize(
    ("hex_text", "tag_uri", "uri"),
    [  # values of the standard's annex E.3
        (
            "3B0E0CF5E76C9047759AD00373DC7602E7200000",
            "adi-var:3.35962.PQ7VZ4.M37GXB92",
            "adi:35962.PQ7VZ4.M37GXB92",
        ),
        ("2F320434147455900000162E", "usdod-96:3.CAGEY.5678", "usdod:CAGEY.5678"),
        (
            "3D76451FD75411DEF6B4CC00000003039000",
            "cpi-var:3.9521141.5PQ7%2FZ43.12345",
            "cpi:9521141.5PQ7%2FZ43.12345",
        ),
    ],
)
def test_the_rare_schemes_read_and_write(hex_text: str, tag_uri: str, uri: str) -> None:
    epc = decode(hex_text)
    assert (epc.tag_uri, epc.uri) == (f"urn:epc:tag:{tag_uri}", f"urn:epc:id:{uri}")
    assert encode(epc.tag_uri) == hex_text


@given(st.binary(min_size=1, max_size=30))
def test_whatever_is_read_is_written_back_the_same(memory: bytes) -> None:
    epc = find_decoded(memory.hex())
    if epc is not None:
        left, right = int(epc.hex, 16) << 960, int(memory.hex(), 16) << 960
        assert left >> (4 * len(epc.hex)) == right >> (8 * len(memory))


@given(
    st.sampled_from([*BY_HEADER, *(special.header for special in SPECIALS)]),
    st.binary(min_size=11, max_size=11),
)
def test_the_quick_path_says_what_the_codec_says(header: int, memory: bytes) -> None:
    hex_text = f"{header:02x}{memory.hex()}"
    epc = find_decoded(hex_text)
    if epc is not None:
        assert (uri_of(hex_text), tag_uri_of(hex_text)) == (epc.uri, epc.tag_uri)
        assert describe(hex_text) == (epc.scheme, epc.tag_uri, epc.uri, epc.dl_path)
        return
    for read in (uri_of, tag_uri_of, describe):
        with pytest.raises(EpcError):
            read(hex_text)


def _number(digits: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**digits - 1).map(lambda n: f"{n:0{digits}d}" if digits else "")


def _serial(field: Field, bits: int) -> st.SearchStrategy[str]:
    if field is Field.TEXT:
        return st.text(sorted(GS1_CHARACTERS), min_size=1, max_size=bits // 7)
    if field is Field.NUMBER:
        return st.integers(0, 2**bits - 1).map(str)
    return st.integers(1, prefixed_digits(bits)).flatmap(_number)


@st.composite
def _parts(draw: st.DrawFn, scheme: Scheme) -> tuple[str, ...]:
    partition = draw(st.integers(0, 6))
    bits, digits = scheme.reference_bits[partition], scheme.reference_digits + partition
    numbers = st.integers(0, min(10**digits, 2**bits) - 1).map(str)
    references = {Field.FIXED: _number(digits), Field.NUMBER: numbers, Field.TEXT: _serial(Field.TEXT, bits)}
    parts = [draw(_number(PREFIX_DIGITS[partition])), draw(references[scheme.reference])]
    parts += [draw(_number(2)) for _ in range(2 * scheme.counters)]
    return (*parts, draw(_serial(scheme.serial, scheme.serial_bits))) if scheme.serial else tuple(parts)


@given(st.data(), st.sampled_from(SCHEMES), st.integers(0, 7))
def test_every_valid_tag_of_every_scheme_survives_writing_and_reading(
    data: st.DataObject, scheme: Scheme, filter_value: int
) -> None:
    epc = Epc(scheme.name, filter_value, data.draw(_parts(scheme)))
    assert decode(encode(epc.tag_uri)) == epc
    assert (uri_of(epc.hex), tag_uri_of(epc.hex)) == (epc.uri, epc.tag_uri)


_SIXES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/"
_CAGES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=6)
_SPECIAL_PARTS = {
    "gid-96": st.tuples(*(st.integers(0, 2**bits - 1).map(str) for bits in GID_FIELDS)),
    "usdod-96": st.tuples(_CAGES, st.integers(0, 2**36 - 1).map(str)),
    "adi-var": st.tuples(_CAGES, st.text(_SIXES, max_size=32), st.text(_SIXES, min_size=1, max_size=30)),
    "cpi-var": st.integers(6, 12).flatmap(
        lambda digits: st.tuples(
            _number(digits),
            st.text(sorted(CPI_CHARACTERS), min_size=1, max_size=30 - digits),
            st.integers(0, 10**12 - 1).map(str),
        )
    ),
}


@given(st.data(), st.sampled_from(SPECIALS))
def test_every_valid_tag_of_a_rare_scheme_survives_writing_and_reading(
    data: st.DataObject, scheme: Special
) -> None:
    filter_value = data.draw(st.integers(0, scheme.filters - 1)) if scheme.filters else None
    epc = Epc(scheme.name, filter_value, data.draw(_SPECIAL_PARTS[scheme.name]))
    assert decode(encode(epc.tag_uri)) == decode(encode(epc)) == epc


def test_the_parts_of_a_partition_fill_the_same_bits() -> None:
    for scheme in SCHEMES:
        assert len({p + r for p, r in zip(PREFIX_BITS, scheme.reference_bits, strict=True)}) <= 2, scheme.name
