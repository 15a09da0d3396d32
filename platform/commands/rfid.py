"""``haoyun rfid``: tag reads from files and LLRP readers, and the mapping of a reader's own JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import click
import orjson
import sqlalchemy as sa

from haoyun.platform.broker_address import mqtt_url
from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.commands.rfid_gateway import forward
from haoyun.rfid_ingest import InvalidMapping, JsonMapping, TagReadHandler, set_mapping
from haoyun.rfid_ingest.errors import ReaderUnreachable
from haoyun.rfid_ingest.readers.llrp import PORT, LlrpReader
from haoyun.rfid_ingest.verify import check_report
from haoyun.tracking.devices_store import Device, DeviceKind, IssuedCredential, get_device
from haoyun.tracking.errors import BadBrokerUrl, BadTopic, UnknownDevice
from haoyun.tracking.handlers import Reject
from haoyun.tracking.messages import Message, shard_of, topic_ack, topic_up
from haoyun.tracking.mqtt_url import parse_mqtt_url

ROWS = 2_000  # of a file in one transaction
_SHOWN = 10  # refused rows that are told singly


@click.group()
def command() -> None:
    """Import tag reads from a file, ask LLRP readers, and say how a reader writes its JSON."""


@command.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--reader", required=True, help="The registered reader that made the reads.")
@click.pass_context
def import_(ctx: click.Context, file: TextIO, reader: str) -> None:
    """Store the reads of a CSV FILE as if the reader had sent them.

    Columns: t (or time, timestamp, t_ms), antenna, epc, and rssi in dBm if known. Reads that are stored already are
    told apart; a bad row is reported and stops nothing.
    """
    databases = ready_databases(settings_of(ctx))
    handler = TagReadHandler()
    try:
        with databases.tracking.begin() as db:
            device = _reader(db, reader)
        header, rows, refused = file.readline(), 0, 0
        while lines := list(islice(file, ROWS)):
            with databases.tracking.begin() as db:
                rejects = _store(db, handler, device, header + "".join(lines))
            _tell(rejects, rows, refused)
            rows, refused = rows + len(lines), refused + len(rejects)
        with databases.tracking.begin() as db:
            handler.finish(db, datetime.now(UTC))
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is not text in UTF-8: {error.reason}") from None
    finally:
        databases.close()
    click.echo(f"{rows - refused} reads stored, {refused} rows refused")


@command.command("mapping")
@click.argument("reader")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def mapping_(ctx: click.Context, reader: str, file: Path) -> None:
    """Say where the reads are in the JSON that READER sends on its topic `mapped`: FILE is a JSON object.

    {"items": "report.tags[*]", "epc": "hexepc", "antenna": "port", "time": "ts", "time_unit": "ms", "rssi": "level"}
    """
    databases = ready_databases(settings_of(ctx))
    try:
        values = orjson.loads(file.read_bytes())
        if not isinstance(values, dict):
            raise click.ClickException(f"{file.name} must hold a JSON object, not {type(values).__name__}")
        with databases.tracking.begin() as db:
            _reader(db, reader)
            set_mapping(db, reader, JsonMapping.of(values), datetime.now(UTC))
    except (orjson.JSONDecodeError, InvalidMapping) as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    finally:
        databases.close()
    click.echo(f"{reader}: mapping stored")


@command.command("llrp")
@click.argument("host")
@click.option("--reader", required=True, help="The registered reader as which its reads are sent.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="A file with the secret that was shown when the reader was registered.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--antenna", "antennas", type=click.IntRange(1, 255), multiple=True, help="Only this antenna.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop after so long; else at Ctrl-C.")
@click.pass_context
def llrp_(
    ctx: click.Context,
    host: str,
    reader: str,
    secret_file: Path,
    port: int,
    antennas: tuple[int, ...],
    seconds: float | None,
) -> None:
    """Ask an LLRP reader at HOST for its tags and send them over MQTT, kept until they are acknowledged."""
    settings = settings_of(ctx)
    try:
        topics = [make(reader, shard_of(reader, settings.shards)) for make in (topic_up, topic_ack)]
        credential = IssuedCredential(reader, secret_file.read_text(encoding="utf-8").strip(), *topics)
        sent = forward(
            LlrpReader(host, port, antennas),
            parse_mqtt_url(mqtt_url(settings)),
            credential,
            outbox=settings.data / "outboxes" / f"{reader}.jsonl",
            seconds=seconds,
        )
    except (ReaderUnreachable, BadTopic, BadBrokerUrl, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{sent.reads} reads sent, {sent.waiting} messages wait for their acknowledgement")


@command.command()
@click.argument("report", type=click.File("rb"))
def verify(report: BinaryIO) -> None:
    """Compute the hashes of the events in REPORT (custody report or EPCIS document) anew and compare."""
    try:
        content = orjson.loads(report.read())
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{report.name} is no JSON: {error}") from None
    checked = list(check_report(content)) if isinstance(content, dict) else []
    if not checked:
        raise click.ClickException("there are no events in it")
    wrong = [one for one in checked if not one.is_right]
    for one in wrong:
        click.echo(f"changed: {one.event_id or 'an event without an id'}", err=True)
    if wrong:
        raise click.ClickException(f"{len(wrong)} of {len(checked)} events are not what their hashes say")
    click.echo(f"{len(checked)} events are what their hashes say")


def _reader(db: sa.Connection, name: str) -> Device:
    try:
        device = get_device(db, name)
    except UnknownDevice as error:
        raise click.ClickException(str(error)) from None
    if device.kind is not DeviceKind.READER:
        raise click.ClickException(f"{name} is a {device.kind}, not a reader")
    return device


def _store(db: sa.Connection, handler: TagReadHandler, device: Device, text: str) -> tuple[Reject, ...]:
    now = datetime.now(UTC)
    message = Message("file", device.name, "csv", text.encode(), now, device.id)
    rejects = handler.handle(db, [message], now).rejects
    if rejects and rejects[0].code == "malformed":
        raise click.ClickException(rejects[0].reason)
    return rejects


def _tell(rejects: tuple[Reject, ...], rows_before: int, told_before: int) -> None:
    for reject in rejects[: max(0, _SHOWN - told_before)]:
        click.echo(f"rows from {rows_before + 2}: {reject.reason}", err=True)
