"""``haoyun ingest``: one subscriber for everything that devices send; each kind of message has its handler."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import structlog

from haoyun.platform.broker_address import ingest_address
from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.logs import configure_logs
from haoyun.platform.processes import ready_file
from haoyun.platform.signals import stop_on_signals
from haoyun.rfid_ingest import KINDS, TagReadHandler
from haoyun.tracking.errors import BadBrokerUrl, BrokerRefused, BrokerUnreachable
from haoyun.tracking.handlers import Handler
from haoyun.tracking.history.filing import Filing
from haoyun.tracking.intake import Intake
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.probe import probe

log = structlog.get_logger(__name__)
CONNECT_WAIT_S = 60.0
CLIENT_ID = "haoyun-ingest"  # must stay the same over restarts: the broker keeps our place under it
_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


@click.command()
@click.option(
    "--shards",
    "wanted",
    metavar="0-7,9",
    help="Only these shards (default: all); the rest is another process's.",
)
@click.pass_context
def command(ctx: click.Context, wanted: str | None) -> None:
    """Store what devices send over MQTT; acknowledge only what is committed."""
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    shards = parse_shards(wanted, settings.shards)
    try:
        address = ingest_address(settings)
    except BadBrokerUrl as error:
        raise click.ClickException(str(error)) from None
    databases = ready_databases(settings)
    stopping = stop_on_signals()
    topics = [f"hy/v1/{shard}/+/up/+" for shard in shards]
    client = client_id(shards, settings.shards)
    subscriber = Subscriber(address, client, topics, _now, queue_size=4 * settings.intake_batch)
    intake = Intake(
        databases.tracking,
        subscriber,
        handlers(),
        _now,
        batch_size=settings.intake_batch,
        batch_wait_s=settings.intake_wait_s,
    )
    _say_what_the_broker_does(address)
    ready = ready_file(settings, "ingest")
    ready.unlink(missing_ok=True)
    filing = Filing(Path(str(databases.tracking.url.database))) if databases.sqlite else None
    if filing is not None:
        filing.start()
    subscriber.start()
    try:
        # Before the first subscription a broker has nobody to keep a message for: only then are we ready.
        if subscriber.wait_connected(CONNECT_WAIT_S):
            ready.touch()
        intake.run(stopping)
    finally:
        subscriber.stop()
        if filing is not None:
            filing.stop()
        databases.close()


def parse_shards(text: str | None, number: int) -> list[int]:
    """The shards in a list such as 0-3,7; all of `number` without one. Raises UsageError naming the rule."""
    if text is None:
        return list(range(number))
    found: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise click.UsageError(f"--shards {text!r} must look like 0-7 or 0,2,5-7")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last or last >= number:
            raise click.UsageError(
                f"--shards {part.strip()}: shards go from 0 to {number - 1} (HAOYUN_SHARDS)"
            )
        found |= set(range(first, last + 1))
    return sorted(found)


def client_id(shards: Sequence[int], number: int) -> str:
    """The name under which the broker keeps our place: the same for the same shards, on whatever machine.

    All shards keep the name of an installation with one intake.
    """
    if len(shards) == number:
        return CLIENT_ID
    runs: list[list[int]] = []
    for shard in shards:
        if runs and runs[-1][-1] == shard - 1:
            runs[-1].append(shard)
        else:
            runs.append([shard])
    return f"{CLIENT_ID}-" + "_".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def handlers() -> Mapping[str, Handler]:
    """Every kind of message that this installation understands, and who handles it."""
    positions, reads = PositionHandler(), TagReadHandler()
    return {**dict.fromkeys(positions.kinds, positions), **dict.fromkeys(KINDS, reads)}


def _say_what_the_broker_does(address: BrokerAddress) -> None:
    try:
        found = probe(address)
    except (BrokerRefused, BrokerUnreachable) as error:
        log.warning("broker not probed", reason=str(error))
        return
    log.info("broker probed", found=found.sentence())


def _now() -> datetime:
    return datetime.now(UTC)
