"""Compiled: 96-bit tags of numbers to their URIs, row by row of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from haoyun.maps.compiled import compiled

_ZERO, _DOT = ord("0"), ord(".")


@compiled
def unhex(text: Any, values: Any, memory: Any) -> Any:
    """Fill (n, 12) bytes from (n, 24) hex characters by the table `values` (16: no digit); good rows as a mask."""
    count, width = memory.shape
    good = np.empty(count, dtype=np.bool_)
    for row in range(count):
        worst = np.uint8(0)
        for place in range(width):
            high, low = values[text[row, 2 * place]], values[text[row, 2 * place + 1]]
            worst |= high | low
            memory[row, place] = np.uint8(high << 4) | (low & 15)
        good[row] = worst < 16
    return good


@compiled
def write_uris(
    memory: Any, table: Any, texts: Any, text_sizes: Any, filtered: bool, out: Any, codes: Any
) -> None:
    """Write the URI of each row of `memory` (n, 12 bytes) into `out` (n, width, zeroed) and 0 into `codes`.

    `table` has for each header and partition (8 x header + partition): built or not, bits and digits of the prefix,
    bits and digits of the reference, whether the reference is written with leading zeros, bits of the serial. A row
    that breaks a rule gets its number (see batch.Refusal) and no text.
    """
    for row in range(memory.shape[0]):
        head = (np.int64(memory[row, 0]) << 8) | np.int64(memory[row, 1])
        header, filter_value, partition = head >> 8, (head >> 5) & 7, (head >> 2) & 7
        layout = table[header * 8 + partition]
        if layout[0] == 0:
            codes[row] = 1
            continue
        if partition == 7:
            codes[row] = 2
            continue
        # 82 bits follow the partition: 2 in the second byte, then ten bytes; prefix and reference end in the upper
        # 64 of them, at most 62 bits long, or fill all (GIAI), where the reference has 62 bits at most
        high = np.uint64(head & 3)
        for place in range(2, 8):
            high = (high << np.uint64(8)) | np.uint64(memory[row, place])
        low = np.uint64(0)
        for place in range(8, 12):
            low = (low << np.uint64(8)) | np.uint64(memory[row, place])
        # high has 50 bits, low 32
        prefix_bits, reference_bits, serial_bits = layout[1], layout[3], layout[6]
        tail = np.uint64(82 - prefix_bits - 32)  # bits of high that follow the prefix
        prefix = high >> tail
        middle = high & ((np.uint64(1) << tail) - np.uint64(1))
        rest_bits = 82 - prefix_bits - reference_bits
        if rest_bits >= 32:
            cut = np.uint64(rest_bits - 32)
            reference = middle >> cut
            serial = ((middle & ((np.uint64(1) << cut) - np.uint64(1))) << np.uint64(32)) | low
        else:
            cut = np.uint64(rest_bits)
            reference = (middle << np.uint64(32 - rest_bits)) | (low >> cut)
            serial = low & ((np.uint64(1) << cut) - np.uint64(1))
        if prefix >= np.uint64(layout[7]):
            codes[row] = 3
            continue
        if reference >= np.uint64(layout[8]):
            codes[row] = 4
            continue
        if serial_bits == 0 and serial != 0:
            codes[row] = 5
            continue
        codes[row] = 0
        at = text_sizes[header]
        for place in range(at):
            out[row, place] = texts[header, place]
        if filtered:
            out[row, at] = _ZERO + filter_value
            out[row, at + 1] = _DOT
            at += 2
        digits = layout[2]
        for place in range(at + digits - 1, at - 1, -1):
            next_value = prefix // np.uint64(10)
            out[row, place] = _ZERO + np.uint8(prefix - next_value * np.uint64(10))
            prefix = next_value
        at += digits
        out[row, at] = _DOT
        at += 1
        digits = layout[4]
        if layout[5] == 0:
            digits, left = 1, reference // np.uint64(10)
            while left > 0:
                digits += 1
                left //= np.uint64(10)
        for place in range(at + digits - 1, at - 1, -1):
            next_value = reference // np.uint64(10)
            out[row, place] = _ZERO + np.uint8(reference - next_value * np.uint64(10))
            reference = next_value
        at += digits
        if serial_bits > 0:
            out[row, at] = _DOT
            at += 1
            digits, left = 1, serial // np.uint64(10)
            while left > 0:
                digits += 1
                left //= np.uint64(10)
            for place in range(at + digits - 1, at - 1, -1):
                next_value = serial // np.uint64(10)
                out[row, place] = _ZERO + np.uint8(serial - next_value * np.uint64(10))
                serial = next_value
