"""From an LLRP reader to the broker: reads are kept in an outbox until the platform has stored them."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

from haoyun.rfid_ingest import TagRead, read_item
from haoyun.rfid_ingest.readers.llrp import LlrpReader, stream_reads
from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.mqtt_url import BrokerAddress

EVERY_S = 0.1  # a message so often: several reads each, and late by no more
MOST_READS = 500  # in a message
LAST_ACKS_S = 10.0  # after the last read


@dataclass(frozen=True, slots=True)
class Sent:
    """How many reads were sent, and how many messages the platform has not acknowledged yet."""

    reads: int
    waiting: int


def forward(
    reader: LlrpReader,
    broker: BrokerAddress,
    credential: IssuedCredential,
    *,
    outbox: Path,
    seconds: float | None = None,
) -> Sent:
    """Send a reader's reads for so long or until Ctrl-C. Raises ReaderUnreachable."""
    outbox.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    client = DeviceClient(broker, credential, DeviceOutbox(outbox), random.Random(credential.device))
    fleet = DeviceFleet([client])
    sent = [0]
    try:
        asyncio.run(_pump(reader, client, fleet, sent, seconds))
    except KeyboardInterrupt:
        pass  # the way to stop it
    finally:
        until = time.monotonic() + LAST_ACKS_S
        while fleet.unacked() and time.monotonic() < until:
            fleet.step(EVERY_S)
        waiting = fleet.unacked()
        fleet.close()
    return Sent(sent[0], waiting)


async def _pump(
    reader: LlrpReader, client: DeviceClient, fleet: DeviceFleet, sent: list[int], seconds: float | None
) -> None:
    buffered: list[TagRead] = []
    collecting = asyncio.create_task(_collect(reader, buffered, seconds))
    while not collecting.done() or buffered:
        reads, buffered[:MOST_READS] = buffered[:MOST_READS], []
        if reads:
            client.submit("reads", [read_item(read) for read in reads])
            sent[0] += len(reads)
        fleet.step(0)
        await asyncio.sleep(0 if len(buffered) >= MOST_READS else EVERY_S)
    await collecting


async def _collect(reader: LlrpReader, buffered: list[TagRead], seconds: float | None) -> None:
    async for read in stream_reads(reader, seconds):
        buffered.append(read)
