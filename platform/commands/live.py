"""``haoyun live``: named here so that scripts may rely on the name; a later release fills it."""

from __future__ import annotations

import click

NOT_BUILT = 2


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Push live updates to browsers from a process of its own (not built yet)."""
    click.echo(
        "haoyun: live is not built yet, see docs/reference/commands.md; pages poll every 5 s meanwhile",
        err=True,
    )
    ctx.exit(NOT_BUILT)
