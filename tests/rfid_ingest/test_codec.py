"""Tag memory to EPC and back, over the published vectors and over random tags of every scheme."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epc import Epc, decode, encode, encode_identity, find_decoded, sscc_epc
from haoyun.rfid_ingest.epc.tables import (
    BY_HEADER,
    BY_NAME,
    GID_FIELDS,
    GID_HEADER,
    GS1_CHARACTERS,
    NOT_BUILT,
    PREFIX_BITS,
    PREFIX_DIGITS,
    SCHEMES,
    Field,
    Scheme,
)
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc, SchemeNotBuilt, UnknownScheme

SGTIN = "3066C4409047E140075BCD15"
SSCC = "311BA1B300CE0A6A83000000"


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "rfid" / "epc_vectors.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_vector_of_a_classic_scheme_reads_and_writes(vectors: list[dict[str, str]]) -> None:
    built = [v for v in vectors if v["expect"] == "ok" and int(v["hex"][:2], 16) not in NOT_BUILT]
    for v in built:
        epc = decode(v["hex"])
        assert (epc.scheme, epc.tag_uri, epc.uri, epc.dl_path) == (
            v["scheme"],
            v["tag_uri"],
            v["uri"],
            v["dl_path"],
        )
        assert encode(v["tag_uri"]) == v["hex"]
    assert len(built) == 3091
    assert len({v["scheme"] for v in built}) == 18


def test_every_vector_that_must_be_refused_is_refused(vectors: list[dict[str, str]]) -> None:
    refused = [v for v in vectors if v["expect"] != "ok"]
    for v in refused:
        with pytest.raises(EpcError):
            decode(v["hex"])
    assert len(refused) == 370


def test_the_other_vectors_are_said_to_be_not_built(vectors: list[dict[str, str]]) -> None:
    others = [v for v in vectors if v["expect"] == "ok" and int(v["hex"][:2], 16) in NOT_BUILT]
    for v in others:
        with pytest.raises(SchemeNotBuilt, match="not built yet"):
            decode(v["hex"])
    assert Counter("+" in v["scheme"] for v in others) == {True: 624, False: 1}


@pytest.mark.parametrize(
    ("hex_text", "rule"),
    [
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
    with pytest.raises(MalformedEpc, match=rule):
        decode(hex_text)


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
        ("urn:epc:tag:gid-96:1.2", "manager"),
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


def test_no_header_is_both_built_and_not_built() -> None:
    assert not set(BY_HEADER) & set(NOT_BUILT)
    assert len(BY_HEADER) == len(SCHEMES) == len(BY_NAME)


@given(st.binary(min_size=1, max_size=30))
def test_whatever_is_read_is_written_back_the_same(memory: bytes) -> None:
    epc = find_decoded(memory.hex())
    if epc is not None:
        assert int(epc.hex, 16) << 960 >> (4 * len(epc.hex)) == int(memory.hex(), 16) << 960 >> (
            8 * len(memory)
        )


def _number(digits: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**digits - 1).map(lambda n: f"{n:0{digits}d}" if digits else "")


def _serial(field: Field, bits: int) -> st.SearchStrategy[str]:
    if field is Field.TEXT:
        return st.text(sorted(GS1_CHARACTERS), min_size=1, max_size=bits // 7)
    if field is Field.NUMBER:
        return st.integers(0, 2**bits - 1).map(str)
    return st.integers(1, 12).flatmap(_number)


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


@given(st.tuples(*(st.integers(0, 2**bits - 1) for bits in GID_FIELDS)))
def test_a_gid_survives_writing_and_reading(fields: tuple[int, ...]) -> None:
    tag_uri = f"urn:epc:tag:gid-96:{'.'.join(map(str, fields))}"
    assert encode(tag_uri).startswith(f"{GID_HEADER:X}")
    assert decode(encode(tag_uri)).tag_uri == tag_uri


def test_the_parts_of_a_partition_fill_the_same_bits() -> None:
    for scheme in SCHEMES:
        assert len({p + r for p, r in zip(PREFIX_BITS, scheme.reference_bits, strict=True)}) <= 2, scheme.name
