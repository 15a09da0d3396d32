"""``haoyun history``: positions as a file, and how long they are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import sqlalchemy as sa

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.database import reading
from haoyun.tracking.errors import UnknownDevice
from haoyun.tracking.history.export import FORMS, history_of_device, history_of_vehicle
from haoyun.tracking.history.read import END_MS
from haoyun.tracking.history.retention import drop_old, get_retentions, set_retention
from haoyun.tracking.instants import to_ms
from haoyun.tracking.store import get_device

_INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def command() -> None:
    """Export positions, say how long an organization's are kept, and remove what is too old."""


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--vehicle", help="Id of a vehicle: whichever device rode in it at that time.")
@click.option("--device", help="Name of a device.")
@click.option("--from", "start", type=_INSTANT, help="First instant (UTC unless it has an offset).")
@click.option("--to", "end", type=_INSTANT, help="Until before this instant.")
@click.option("--form", type=click.Choice(sorted(FORMS)), help="Default: by the name of FILE.")
@click.pass_context
def export(
    ctx: click.Context,
    file: Path,
    vehicle: str | None,
    device: str | None,
    start: datetime | None,
    end: datetime | None,
    form: str | None,
) -> None:
    """Write the positions of a vehicle or a device to FILE (.csv, .gpx, .geojson or .parquet)."""
    if (vehicle is None) == (device is None):
        raise click.UsageError("say either --vehicle ID or --device NAME")
    form = form or file.suffix.lstrip(".").lower()
    if form not in FORMS:
        raise click.UsageError(f"{file.name} must end in .{', .'.join(sorted(FORMS))}, or say --form")
    first, last = _ms(start, 0), _ms(end, END_MS)
    databases = ready_databases(settings_of(ctx))
    try:
        with reading(databases.tracking).begin() as db, file.open("wb") as out:
            if device is not None:
                found = get_device(db, device)
                names, days = {found.id: found.name}, history_of_device(db, found.id, first, last)
            else:
                names, days = history_of_vehicle(db, str(vehicle), first, last)  # type: ignore[assignment]
            count = FORMS[form][0](days, names, out)
    except UnknownDevice as error:
        file.unlink(missing_ok=True)
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    finally:
        databases.close()
    click.echo(f"{count} positions in {file}")


@command.command("keep")
@click.argument("organization", required=False)
@click.argument("days", type=click.IntRange(1, 36_500), required=False)
@click.pass_context
def keep(ctx: click.Context, organization: str | None, days: int | None) -> None:
    """Keep the positions of ORGANIZATION (its id) for DAYS; without arguments show the rules."""
    settings = settings_of(ctx)
    if organization is not None and days is None:
        raise click.UsageError("say how many days: haoyun history keep ORGANIZATION DAYS")
    databases = ready_databases(settings)
    with databases.tracking.begin() as db:
        if organization is not None and days is not None:
            set_retention(db, organization, days)
        rules = get_retentions(db)
    databases.close()
    click.echo(f"all organizations: {settings.keep_positions_days} days (HAOYUN_KEEP_POSITIONS_DAYS)")
    for name in sorted(rules):
        click.echo(f"{name}: {rules[name]} days")


@command.command("drop-old")
@click.pass_context
def drop(ctx: click.Context) -> None:
    """Remove what is too old now; `haoyun worker` does so every hour."""
    settings = settings_of(ctx)
    databases = ready_databases(settings)
    try:
        gone = drop_old(databases.tracking, datetime.now(UTC), settings.keep_positions_days)
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise click.ClickException(f"the database is not ready: {error.args[0]}; try again") from None
    finally:
        databases.close()
    click.echo(f"{gone.days} whole days and {gone.fixes} single positions removed")


def _ms(instant: datetime | None, default: int) -> int:
    if instant is None:
        return default
    return to_ms(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
