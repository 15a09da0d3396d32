"""The ``haoyun`` command. Each subcommand is one file in `commands/` and is imported only when it is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.settings import Settings, SettingsError

COMMANDS = {
    "bridge": "bring reports on native topics of another broker to this one",
    "broker": "run the embedded MQTT broker",
    "config": "show the settings and where they come from",
    "db": "upgrade, check, back up and restore the databases",
    "deadletters": "list and retry messages that the intake refused",
    "demo": "run the whole platform with simulated devices and a market",
    "doctor": "check this installation and say what to mend",
    "epc": "decode and encode RFID tags (EPC)",
    "history": "export positions, and say how long they are kept",
    "ingest": "store what devices send over MQTT",
    "jt808-gateway": "let JT/T 808 terminals of trucks report over TCP",
    "labels": "number pallets (SSCC), print their labels, list tags for a printer",
    "live": "push positions to live pages, in a process of its own",
    "map": "import and look at road networks",
    "reoptimize": "work changes into a plan that is being driven",
    "rfid": "tag reads from files and LLRP readers, and how a reader writes its JSON",
    "serve": "run the portal and the API",
    "simulate": "drive simulated trucks, gates, shippers and carriers",
    "solve": "optimize a routing problem from a file",
    "up": "run the whole platform on this machine, without simulation",
    "user": "manage people and organizations",
    "worker": "run jobs and follow the event tables",
}


class LazyGroup(click.Group):
    """Finds ``haoyun.platform.commands.<name>:command`` at the moment of use, so that each start stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, without importing anything."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        found = importlib.import_module(f"haoyun.platform.commands.{module}").command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, from COMMANDS alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="haoyun")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder (HAOYUN_DATA).")
@click.pass_context
def cli(ctx: click.Context, data: Path | None) -> None:
    """Haoyun 好运: publish, match, optimize and track freight."""
    ctx.obj = data


def settings_of(ctx: click.Context, **overrides: object) -> Settings:
    """The settings of a command: its own options win over ``--data``, the environment and the defaults."""
    return Settings.load(**{"data": ctx.find_root().obj, **overrides})


def ready_databases(settings: Settings) -> Databases:
    """The databases of a running process, or one sentence when they are not at the newest version."""
    from haoyun.platform.migrations import behind  # noqa: PLC0415 - Alembic would slow every `--help`

    databases = settings.databases()
    if problems := behind(databases):
        raise click.ClickException(f"{problems[0]}; run `haoyun db upgrade`")
    return databases


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an error that a person can mend is one sentence, never a traceback."""
    try:
        cli.main(args=list(arguments) if arguments is not None else None, prog_name="haoyun")
    except SettingsError as error:
        _stop(str(error))
    except sa.exc.OperationalError as error:
        _stop(f"the database does not answer: {str(error.orig).strip().splitlines()[0]}")
    except sa.exc.ProgrammingError as error:
        _stop(
            f"the database is not ready ({str(error.orig).strip().splitlines()[0]}); run `haoyun db upgrade`"
        )


def _stop(sentence: str) -> None:
    click.echo(f"haoyun: {sentence}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
