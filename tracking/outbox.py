"""The rule of the application-level ack: cumulative, contiguous, and never ahead of what is stored.

A device numbers its messages 1, 2, 3 … and keeps each until an ack covers it. The acked number advances only
while numbers arrive without a gap, so "n is acked" always means "every message up to n is committed, or the
device itself gave it up by a higher base".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboxState:
    """Up to which number (`acked_seq`) of which numbering (`epoch`) a device's messages are stored."""

    epoch: str
    acked_seq: int


def advance(state: OutboxState | None, seqs: Iterable[int], base: int | None, epoch: str) -> OutboxState:
    """The state after messages numbered `seqs` were stored.

    `base` is the lowest number still in the device's outbox, if it told. A number at or below the acked one
    is a duplicate and is acked again; one after a gap is stored, but the ack stays, and the device resends. A
    device never seen before starts where its first message says; another epoch restarts the numbering at 1.
    """
    arrived = sorted(set(seqs))
    acked = _start(state, arrived, base, epoch)
    for seq in arrived:
        if seq == acked + 1:
            acked = seq
    return OutboxState(epoch, acked)


def _start(state: OutboxState | None, arrived: list[int], base: int | None, epoch: str) -> int:
    below_base = (base or 1) - 1
    if state is None:
        return below_base if base is not None or not arrived else arrived[0] - 1
    if state.epoch != epoch:
        return below_base
    return max(state.acked_seq, below_base)
