"""``haoyun config show``: the settings in force."""

from __future__ import annotations

import click
from pydantic import SecretStr

from haoyun.platform.cli import settings_of
from haoyun.platform.settings import PREFIX, Settings


@click.group()
def command() -> None:
    """Show the settings and where they come from."""


@command.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print each setting as NAME=value with its meaning; secrets are masked."""
    settings = settings_of(ctx)
    for name, field in Settings.model_fields.items():
        click.echo(f"{PREFIX}{name.upper()}={_shown(getattr(settings, name))}\t# {field.description}")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return "********"
    return ",".join(value) if isinstance(value, tuple) else str(value)
