"""``haoyun deadletters``: what the intake could not understand or believe, and once more through it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import click
import orjson
import sqlalchemy as sa

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.commands.ingest import handlers
from haoyun.platform.database import reading
from haoyun.tracking.intake_store import DeadLetter, find_dead_letters, list_dead_letters, newest_dead_letter
from haoyun.tracking.retry import retry_dead_letters

_SHOWN = 60  # bytes of a payload in the list


@click.group()
def command() -> None:
    """List messages that were refused, with their raw bytes and the reason, and retry them."""


@command.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest so many."
)
@click.option("--device", help="Only of this device.")
@click.option("--code", help="Only with this reason code, e.g. bad_fix.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, with the whole payload in base64."
)
@click.pass_context
def list_(ctx: click.Context, limit: int, device: str | None, code: str | None, as_json: bool) -> None:
    """Show the newest dead letters first."""
    databases = ready_databases(settings_of(ctx))
    with reading(databases.tracking).begin() as db:
        if device is None and code is None:
            letters = list_dead_letters(db, limit)
        else:
            up_to = newest_dead_letter(db)
            letters = find_dead_letters(db, up_to=up_to, device=device, code=code, limit=1_000_000)[-limit:][
                ::-1
            ]
    databases.close()
    for letter in letters:
        click.echo(_json(letter) if as_json else _line(letter))
    if not letters and not as_json:
        click.echo("no dead letters")


@command.command("retry")
@click.argument("ids", nargs=-1, type=click.IntRange(min=1))
@click.option("--device", help="Only of this device.")
@click.option("--code", help="Only with this reason code, e.g. unknown_device.")
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.pass_context
def retry(
    ctx: click.Context, ids: tuple[int, ...], device: str | None, code: str | None, every: bool
) -> None:
    """Send dead letters through the intake again: IDS, or those that the options name.

    What is understood now leaves the dead letters in the transaction that stores it; the rest stays, with the reason
    of today. Fixes that are stored already are not stored twice.
    """
    if not (ids or device or code or every):
        raise click.UsageError("say which: IDS, --device NAME, --code CODE or --all")
    databases = ready_databases(settings_of(ctx))
    try:
        found = retry_dead_letters(
            databases.tracking, handlers(), lambda: datetime.now(UTC), ids=ids, device=device, code=code
        )
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise click.ClickException(
            f"the database is not ready: {error.args[0]}; nothing is lost, try again"
        ) from None
    finally:
        databases.close()
    click.echo(f"{found.tried} retried, {found.tried - found.refused} stored, {found.refused} refused again")


def _line(letter: DeadLetter) -> str:
    shown = letter.payload[:_SHOWN].decode("utf-8", "backslashreplace")
    readable = "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)
    more = f"… ({len(letter.payload)} bytes)" if len(letter.payload) > _SHOWN else ""
    at = letter.received_at.isoformat(timespec="seconds")
    return (
        f"{letter.id}  {at}  {letter.reason_code}  {letter.topic}\n    {letter.reason}\n    {readable}{more}"
    )


def _json(letter: DeadLetter) -> str:
    return orjson.dumps(
        {
            "id": letter.id,
            "received_at": letter.received_at,
            "topic": letter.topic,
            "device": letter.device,
            "code": letter.reason_code,
            "reason": letter.reason,
            "payload": base64.b64encode(letter.payload).decode(),
        }
    ).decode()
