"""``haoyun db``: versions, checks, backups and restores of the databases."""

from __future__ import annotations

from pathlib import Path

import click

from haoyun.platform import backup
from haoyun.platform.cli import settings_of
from haoyun.platform.migrations import behind
from haoyun.platform.migrations import upgrade as upgrade_databases


@click.group()
def command() -> None:
    """Upgrade, check, back up and restore the databases."""


@command.command()
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the databases to the newest version; safe to repeat."""
    databases = settings_of(ctx).databases()
    upgrade_databases(databases)
    databases.close()
    click.echo("databases are at the newest version")


@command.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say whether versions and files are sound; exit 1 if not."""
    databases = settings_of(ctx).databases()
    problems = behind(databases) + backup.integrity_problems(databases)
    databases.close()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        ctx.exit(1)
    click.echo("databases are sound and at the newest version")


@command.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def backup_(ctx: click.Context, folder: Path) -> None:
    """Copy both SQLite databases into FOLDER while the platform runs; the copy is consistent."""
    databases = settings_of(ctx).databases()
    try:
        for line in backup.back_up(databases, folder):
            click.echo(line)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace databases that hold data.")
@click.pass_context
def restore(ctx: click.Context, folder: Path, force: bool) -> None:
    """Put the copies in FOLDER back; the platform must not be running."""
    settings = settings_of(ctx)
    try:
        for line in backup.restore(
            settings.data, folder, postgres=settings.database_url is not None, force=force
        ):
            click.echo(line)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
