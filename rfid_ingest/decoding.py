"""Reader messages to batches of reads: parse, refuse by place, read the clocks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from haoyun.rfid_ingest.clean.clock import ReaderClock
from haoyun.rfid_ingest.readers import FORMATS, HealthReport, JsonMapping, Reading, TagRead, parser_of
from haoyun.rfid_ingest.readers.formats import MAPPED, Format
from haoyun.rfid_ingest.reads_store import ReadBatch
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.handlers import Ack, Reject
from haoyun.tracking.instants import to_ms
from haoyun.tracking.messages import Message

KINDS = (*FORMATS, MAPPED)
# A reader whose clock runs ahead would write the future into the timeline; a few minutes are ordinary drift.
CLOCK_TOLERANCE = timedelta(minutes=10)
# A read may be received a moment before it was made: two clocks that are set agree no better.
IN_STEP_MS = 1_000


@dataclass(slots=True)
class Decoded:
    """What came of a batch of messages."""

    batches: list[ReadBatch] = field(default_factory=list)
    health: list[tuple[int, HealthReport, datetime]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)


def decode(messages: Sequence[Message], mappings: Mapping[int, JsonMapping]) -> Decoded:
    """Parse every message; `mappings` are those of readers of kind `mapped`, by device id."""
    decoded = Decoded()
    for message in messages:
        try:
            reading = _format(message, mappings)(message.payload)
        except DecodeError as error:
            decoded.rejects.append(Reject.of(message, error))
            continue
        decoded.rejects += [Reject.of(message, error, index) for index, error in reading.refused]
        decoded.health += [(message.device_id, report, message.received_at) for report in reading.health]
        decoded.batches.append(_batch(message, reading, decoded.rejects))
        ack = Ack.of(message, reading.envelope) if reading.envelope else None
        if ack is not None:
            decoded.acks.append(ack)
    return decoded


def clocks_after(
    clocks: Mapping[int, ReaderClock], batches: Sequence[ReadBatch]
) -> tuple[dict[int, ReaderClock], list[int]]:
    """The readers' clocks after these batches, and how far (ms) each batch's times are ahead."""
    now: dict[int, ReaderClock] = dict(clocks)
    ahead: list[int] = []
    for batch in batches:
        clock = now[batch.device_id].with_message(max(batch.read_ms), to_ms(batch.received_at))
        now[batch.device_id] = clock
        ahead.append(clock.ahead_ms if clock.ahead_ms > IN_STEP_MS else 0)
    return {key: clock for key, clock in now.items() if clock != clocks[key]}, ahead


def _format(message: Message, mappings: Mapping[int, JsonMapping]) -> Format:
    if message.kind == MAPPED:
        mapping = mappings.get(message.device_id)
        if mapping is None:
            raise DecodeError(
                f"reader {message.device} has no mapping of its JSON: set one with haoyun rfid mapping",
                code="no_mapping",
            )
        return parser_of(mapping)
    found = FORMATS.get(message.kind)
    if found is None:
        raise DecodeError(f"kind {message.kind!r} is not one of {', '.join(KINDS)}", code="unsupported_kind")
    return found


def _batch(message: Message, reading: Reading, rejects: list[Reject]) -> ReadBatch:
    batch = ReadBatch.of(message.device_id, message.device, reading.reads, message.received_at)
    latest = to_ms(message.received_at + CLOCK_TOLERANCE)
    if not batch.reads or max(batch.read_ms) <= latest:
        return batch
    rejects += [
        Reject.of(message, _from_the_future(read, message))
        for read, at_ms in zip(batch.reads, batch.read_ms, strict=True)
        if at_ms > latest
    ]
    kept = [read for read, at_ms in zip(batch.reads, batch.read_ms, strict=True) if at_ms <= latest]
    return ReadBatch.of(message.device_id, message.device, kept, message.received_at)


def _from_the_future(read: TagRead, message: Message) -> DecodeError:
    ahead_s = (read.read_at - message.received_at).total_seconds()
    limit_s = CLOCK_TOLERANCE.total_seconds()
    return DecodeError(
        f"read of {read.epc_hex} is {ahead_s:.0f} s ahead of its receipt, more than {limit_s:.0f} s: "
        "set the reader's clock",
        code="future_read",
    )
