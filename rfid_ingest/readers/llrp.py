"""Readers that speak LLRP (GS1 Low Level Reader Protocol): asked for their tags over TCP, by the library llrpkit.

llrpkit (MIT) is an extra: `pip install haoyun[llrp]`. Whoever sends JSON over MQTT needs none of this.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from haoyun.rfid_ingest.errors import ReaderUnreachable
from haoyun.rfid_ingest.readers.reading import TagRead
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.instants import EPOCH

PORT = 5084


class TagReport(Protocol):
    """What llrpkit reports of a tag; anything but the EPC may be missing."""

    @property
    def epc(self) -> bytes:
        """The EPC memory, without PC and CRC."""
        ...

    @property
    def antenna(self) -> int | None:
        """The antenna port."""
        ...

    @property
    def rssi_dbm(self) -> float | None:
        """The peak strength."""
        ...

    @property
    def first_seen_us(self) -> int | None:
        """Epoch microseconds."""
        ...

    @property
    def last_seen_us(self) -> int | None:
        """Epoch microseconds."""
        ...


@dataclass(frozen=True, slots=True)
class LlrpReader:
    """Where a reader is and what it is asked for; no antennas means all of them."""

    host: str
    port: int = PORT
    antennas: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65_536:
            raise ReaderUnreachable(f"{self.host!r}:{self.port} is no host and port")


def read_of(report: TagReport, now: datetime) -> TagRead:
    """A report as a read; a reader without a clock gets `now`. Raises DecodeError."""
    seen_us = report.last_seen_us or report.first_seen_us
    return TagRead(
        antenna=1 if report.antenna is None else report.antenna,
        epc_hex=report.epc.hex().upper(),
        read_at=now if seen_us is None else EPOCH + timedelta(microseconds=seen_us),
        rssi_dbm=report.rssi_dbm,
    )


async def stream_reads(reader: LlrpReader, duration_s: float | None = None) -> AsyncIterator[TagRead]:
    """The reads of a reader as they come, for so long or until it is closed. Raises ReaderUnreachable.

    A report that is no read (a memory of odd length) is left out.
    """
    try:
        import llrpkit  # noqa: PLC0415 - an extra
    except ImportError:
        raise ReaderUnreachable("LLRP needs the library llrpkit: pip install 'haoyun[llrp]'") from None
    try:
        async with llrpkit.Reader(reader.host, reader.port) as line:
            async for report in line.inventory(antennas=reader.antennas, duration=duration_s):
                try:
                    yield read_of(report, datetime.now(UTC))
                except DecodeError:
                    continue
    except (llrpkit.LLRPError, OSError) as error:
        raise ReaderUnreachable(f"LLRP reader {reader.host}:{reader.port}: {error}") from error
