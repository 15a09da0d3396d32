"""``haoyun labels``: number logistic units, print their labels, list tags for a printer."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

import click
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.accounts.organizations import Organization, list_organizations
from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.market.errors import MarketError
from haoyun.platform.warehouse.label_runs import LabelRun, RunDraft, contents_of, get_run, list_runs, make_run
from haoyun.rfid_ingest.epc.convert import SCHEME_NAMES, TagOrder
from haoyun.rfid_ingest.labels import Format, label_pdf, read_tag_list, sscc_rows, tags_csv

_PREFIX_DIGITS = click.IntRange(6, 12)
_FORMAT = click.Choice([form.value for form in Format])
_ORGANIZATION = click.option("--organization", required=True, help="Its name or id.")


@click.group()
def command() -> None:
    """Number logistic units (SSCC), print their labels, list tags for a printer."""


@command.command()
@_ORGANIZATION
@click.option("--count", type=int, default=1, show_default=True, help="How many units.")
@click.option(
    "--extension", type=click.IntRange(0, 9), help="Extension digit; the first with room if left out."
)
@click.option("--gtin", help="Of the items inside, 14 digits.")
@click.option("--items", type=int, help="How many items are inside.")
@click.option("--lot", help="Batch or lot.")
@click.option("--best-before", type=click.DateTime(["%Y-%m-%d"]), help="YYYY-MM-DD.")
@click.option("--net-weight-kg", help="Up to three decimals.")
@click.option("--goods", default="", help="In words, for people.")
@click.option("--ship-to", default="", help="For people.")
@click.option("--reference", default="", help="For people.")
@click.option("--format", "form", type=_FORMAT, default=Format.LABEL.value, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF.")
@click.option("--tags", type=click.Path(dir_okay=False, path_type=Path), help="Tags as CSV beside it.")
@click.pass_context
def new(
    ctx: click.Context,
    organization: str,
    count: int,
    extension: int | None,
    gtin: str | None,
    items: int | None,
    lot: str | None,
    best_before: datetime | None,
    net_weight_kg: str | None,
    goods: str,
    ship_to: str,
    reference: str,
    form: str,
    out: Path,
    tags: Path | None,
) -> None:
    """Number new units and print their labels."""
    databases = ready_databases(settings_of(ctx))
    try:
        contents = contents_of(
            gtin=gtin,
            count=items,
            lot=lot,
            best_before=best_before and best_before.date(),
            net_weight_kg=_weight(net_weight_kg),
        )
        draft = RunDraft(
            count=count,
            extension=extension,
            contents=contents,
            goods=goods,
            ship_to=ship_to,
            reference=reference,
        )
        with databases.platform.begin() as db:
            run = make_run(db, _actor(_organization(db, organization)), draft, datetime.now(UTC))
    except MarketError as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()
    _write(run, Format(form), out, tags)
    click.echo(f"{run.id}: {len(run.labels)} labels from {run.labels[0].sscc} on in {out}")


@command.command(name="print")
@click.argument("run")
@_ORGANIZATION
@click.option("--format", "form", type=_FORMAT, default=Format.LABEL.value, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF.")
@click.option("--tags", type=click.Path(dir_okay=False, path_type=Path), help="Tags as CSV beside it.")
@click.pass_context
def print_again(
    ctx: click.Context, run: str, organization: str, form: str, out: Path, tags: Path | None
) -> None:
    """Print the labels of RUN again, with the same numbers."""
    databases = ready_databases(settings_of(ctx))
    try:
        with databases.platform.connect() as db:
            found = get_run(db, _actor(_organization(db, organization)), run)
    except MarketError as error:
        raise click.ClickException(f"{run}: {error}") from None
    finally:
        databases.close()
    _write(found, Format(form), out, tags)
    click.echo(f"{found.id}: {len(found.labels)} labels in {out}")


@command.command(name="list")
@_ORGANIZATION
@click.pass_context
def list_all(ctx: click.Context, organization: str) -> None:
    """The label runs of an organization, the newest first."""
    databases = ready_databases(settings_of(ctx))
    try:
        with databases.platform.connect() as db:
            runs = list_runs(db, _actor(_organization(db, organization)))
    finally:
        databases.close()
    for run in runs:
        click.echo(f"{run.id}  {run.created_at:%Y-%m-%d %H:%M}  {len(run.labels):4d}  {run.labels[0].sscc}")


@command.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--scheme", type=click.Choice(SCHEME_NAMES), help="The smallest that fits if left out.")
@click.option("--filter", "filter_value", type=click.IntRange(0, 7), default=0, show_default=True)
@click.option(
    "--prefix-digits", type=_PREFIX_DIGITS, help="Digits of the company prefix in links and barcodes."
)
def tags(file: TextIO, scheme: str | None, filter_value: int, prefix_digits: int | None) -> None:
    """EPCs a line (URI, Digital Link or element string) to the list that a tag printer takes, as CSV."""
    rows = list(read_tag_list(file, TagOrder(scheme, filter_value, prefix_digits)))
    click.echo(tags_csv(rows), nl=False)
    wrong = sum(bool(row.error) for row in rows)
    if wrong:
        raise click.ClickException(f"{wrong} of {len(rows)} lines are no EPC; the last column says why")


def _write(run: LabelRun, form: Format, out: Path, tags_file: Path | None) -> None:
    out.write_bytes(label_pdf(run.labels, form))
    if tags_file is not None:
        tags_file.write_text(tags_csv(sscc_rows(run.units)), encoding="utf-8", newline="")


def _organization(db: sa.Connection, wanted: str) -> Organization:
    for known in list_organizations(db):
        if wanted in (known.id, known.name, known.name_en):
            return known
    raise click.ClickException(f"no organization is called {wanted!r}; `haoyun user add` makes one")


def _actor(organization: Organization) -> Actor:
    """Whoever sits at the keyboard of the machine acts for the organization."""
    return Actor("cli", organization.id, frozenset({Role.OWNER}), organization.kinds)


def _weight(typed: str | None) -> Decimal | None:
    try:
        return Decimal(typed) if typed else None
    except InvalidOperation:
        raise click.BadParameter(f"{typed!r} is no number", param_hint="--net-weight-kg") from None
