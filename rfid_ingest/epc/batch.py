"""Arrays of tags: ten million a second, compiled.

For the 96-bit schemes of numbers, which is nearly every tag that is read in logistics. A tag of another scheme or
one that breaks a rule gets a code and no text; the codec says the rest of it, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.rfid_ingest.epc.codec import ID_PREFIX, TAG_PREFIX
from haoyun.rfid_ingest.epc.quick import is_plain
from haoyun.rfid_ingest.epc.tables import PREFIX_BITS, PREFIX_DIGITS, SCHEMES, Field, Scheme
from haoyun.rfid_ingest.errors import MalformedEpc

Bytes = NDArray[np.uint8]

MEMORY_BYTES = 12
URI_WIDTH = 56  # the longest, a tag URI of a GIAI-96, has 21 + 2 + 12 + 1 + 19 characters
_HEX_VALUES = np.full(256, 16, dtype=np.uint8)
for _digits in (b"0123456789ABCDEF", b"0123456789abcdef"):
    _HEX_VALUES[np.frombuffer(_digits, dtype=np.uint8)] = np.arange(16)


class Refusal(IntEnum):
    """Why a row has no URI here. OTHER_SCHEME may be a good tag: ask `decode`."""

    NONE = 0
    OTHER_SCHEME = 1
    PARTITION = 2
    PREFIX = 3
    REFERENCE = 4
    RESERVED = 5
    NOT_HEX = 6


@dataclass(frozen=True, slots=True)
class UriBatch:
    """`uris` (n, bytes of at most 56 characters, empty where refused), `codes` (n, a Refusal each)."""

    uris: NDArray[np.bytes_]
    codes: Bytes


def uris_of_memory(memory: Bytes, *, tag_uris: bool = False) -> UriBatch:
    """The identities (or tag URIs) of an (n, 12) array of tag memory. Raises MalformedEpc for another shape."""
    from haoyun.rfid_ingest.epc import batch_kernels as kernels  # noqa: PLC0415 - imports numba

    if memory.ndim != 2 or memory.shape[1] != MEMORY_BYTES or memory.dtype != np.uint8:
        raise MalformedEpc(f"an array of 96-bit tags is n x {MEMORY_BYTES} bytes, not {memory.shape}")
    table, texts, sizes = _tables(tag_uris)
    out = np.zeros((len(memory), URI_WIDTH), dtype=np.uint8)
    codes = np.empty(len(memory), dtype=np.uint8)
    kernels.write_uris(np.ascontiguousarray(memory), table, texts, sizes, tag_uris, out, codes)
    return UriBatch(out.view(f"S{URI_WIDTH}").reshape(-1), codes)


def uris_of_hex(texts: NDArray[np.bytes_], *, tag_uris: bool = False) -> UriBatch:
    """As uris_of_memory, for an array of hex texts (dtype S24). Raises MalformedEpc for another dtype."""
    from haoyun.rfid_ingest.epc import batch_kernels as kernels  # noqa: PLC0415 - imports numba

    if texts.ndim != 1 or texts.dtype != np.dtype(f"S{2 * MEMORY_BYTES}"):
        raise MalformedEpc(f"hex texts of 96-bit tags are one row of S{2 * MEMORY_BYTES}, not {texts.dtype}")
    characters = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), 2 * MEMORY_BYTES)
    memory = np.empty((len(texts), MEMORY_BYTES), dtype=np.uint8)
    good = kernels.unhex(characters, _HEX_VALUES, memory)
    memory[~good] = 0  # header 00 is no scheme
    batch = uris_of_memory(memory, tag_uris=tag_uris)
    batch.codes[~good] = Refusal.NOT_HEX
    return batch


def warm_batch() -> None:
    """Compile the batch path, some seconds once for each installation."""
    uris_of_hex(np.array([b"3066C4409047E140075BCD15"]))


@lru_cache(maxsize=2)
def _tables(tag_uris: bool) -> tuple[NDArray[np.int64], Bytes, NDArray[np.int64]]:
    table = np.zeros((256 * 8, 9), dtype=np.int64)
    texts = np.zeros((256, URI_WIDTH), dtype=np.uint8)
    sizes = np.zeros(256, dtype=np.int64)
    for scheme in filter(is_plain, SCHEMES):
        name = f"{TAG_PREFIX}{scheme.name}:" if tag_uris else f"{ID_PREFIX}{scheme.family}:"
        texts[scheme.header, : len(name)] = np.frombuffer(name.encode(), dtype=np.uint8)
        sizes[scheme.header] = len(name)
        table[scheme.header * 8 + 7, 0] = 1  # the kernel refuses partition 7 by its own name
        for partition in range(len(PREFIX_BITS)):
            table[scheme.header * 8 + partition] = _layout(scheme, partition)
    return table, texts, sizes


def _layout(scheme: Scheme, partition: int) -> list[Any]:
    digits = scheme.reference_digits + partition
    return [
        1,
        PREFIX_BITS[partition],
        PREFIX_DIGITS[partition],
        scheme.reference_bits[partition],
        digits,
        scheme.reference is Field.FIXED,
        scheme.serial_bits,
        10 ** PREFIX_DIGITS[partition],
        min(10**digits, 1 << scheme.reference_bits[partition]),
    ]
