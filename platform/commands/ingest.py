"""``haoyun ingest``: one subscriber for everything that devices send; each kind of message has its handler."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

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
from haoyun.tracking.intake import Intake
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.probe import probe

log = structlog.get_logger(__name__)
CONNECT_WAIT_S = 60.0
CLIENT_ID = "haoyun-ingest"  # must stay the same over restarts: the broker keeps our place under it


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Store what devices send over MQTT; acknowledge only what is committed."""
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    try:
        address = ingest_address(settings)
    except BadBrokerUrl as error:
        raise click.ClickException(str(error)) from None
    databases = ready_databases(settings)
    stopping = stop_on_signals()
    topics = [f"hy/v1/{shard}/+/up/+" for shard in range(settings.shards)]
    subscriber = Subscriber(address, CLIENT_ID, topics, _now, queue_size=4 * settings.intake_batch)
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
    subscriber.start()
    try:
        # Before the first subscription a broker has nobody to keep a message for: only then are we ready.
        if subscriber.wait_connected(CONNECT_WAIT_S):
            ready.touch()
        intake.run(stopping)
    finally:
        subscriber.stop()
        databases.close()


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
