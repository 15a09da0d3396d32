"""The batch path says for arrays what the codec says for each tag."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epc import tag_uri_of, uri_of
from haoyun.rfid_ingest.epc.batch import Refusal, uris_of_hex, uris_of_memory
from haoyun.rfid_ingest.epc.quick import is_plain
from haoyun.rfid_ingest.epc.tables import SCHEMES
from haoyun.rfid_ingest.errors import EpcError, MalformedEpc

RULES = {
    Refusal.PARTITION: "partition 7",
    Refusal.PREFIX: "company prefix",
    Refusal.REFERENCE: "reference",
    Refusal.RESERVED: "reserved bits",
}
HEADERS = [scheme.header for scheme in SCHEMES if is_plain(scheme)]


def _compare(hex_texts: list[str]) -> set[Refusal]:
    for tag_uris, read in ((False, uri_of), (True, tag_uri_of)):
        batch = uris_of_hex(np.array([t.encode() for t in hex_texts], dtype="S24"), tag_uris=tag_uris)
        for text, uri, code in zip(hex_texts, batch.uris, batch.codes, strict=True):
            if code == Refusal.NONE:
                assert uri.decode() == read(text)
            elif code in RULES:
                assert uri == b""
                with pytest.raises(EpcError, match=RULES[Refusal(code)]):
                    read(text)
    return {Refusal(code) for code in batch.codes}


def test_every_vector_of_96_bits(shared_data: Path) -> None:
    with (shared_data / "rfid" / "epc_vectors.csv").open(encoding="utf-8") as file:
        texts = [v["hex"] for v in csv.DictReader(file) if len(v["hex"]) == 24]
    assert _compare(texts) == {*RULES, Refusal.NONE, Refusal.OTHER_SCHEME}


@given(
    st.lists(
        st.tuples(st.sampled_from(HEADERS), st.binary(min_size=11, max_size=11)), min_size=1, max_size=50
    )
)
def test_any_memory(tags: list[tuple[int, bytes]]) -> None:
    _compare([f"{header:02X}{memory.hex().upper()}" for header, memory in tags])


def test_what_is_no_hex_is_told_apart_and_lower_case_is_hex() -> None:
    texts = np.array([b"3066c4409047e140075bcd15", b"3066C4409047E140075BCD1G", b"3066", b""], dtype="S24")
    batch = uris_of_hex(texts)
    assert list(batch.codes) == [Refusal.NONE, *[Refusal.NOT_HEX] * 3]
    assert batch.uris[0] == b"urn:epc:id:sgtin:95060001343.05.123456789"
    assert not any(batch.uris[1:])


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(MalformedEpc, match="n x 12 bytes"):
        uris_of_memory(np.zeros((2, 16), dtype=np.uint8))
    with pytest.raises(MalformedEpc, match="S24"):
        uris_of_hex(np.array([b"3066"]))


def test_an_empty_array_has_no_uris() -> None:
    assert len(uris_of_memory(np.zeros((0, 12), dtype=np.uint8)).uris) == 0
