"""``haoyun user``: people and their organizations, for the operator at the keyboard."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind, Role
from haoyun.platform.accounts.errors import AccountError
from haoyun.platform.accounts.organizations import Organization, create_organization, list_organizations
from haoyun.platform.accounts.users import create_user
from haoyun.platform.cli import settings_of

# The kind of a new organization that suits a role nobody named a kind for.
_KIND_OF_ROLE = {Role.OPERATOR: OrgKind.OPERATOR, Role.SUPERVISOR: OrgKind.SUPERVISOR}


@click.group()
def command() -> None:
    """Manage people and organizations."""


@command.command()
@click.option("--email", required=True)
@click.option(
    "--role", "roles", type=click.Choice([role.value for role in Role]), multiple=True, required=True
)
@click.option("--organization", required=True, help="Its name or id; made if it does not exist.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice([kind.value for kind in OrgKind]),
    multiple=True,
    help="Kind of a new organization.",
)
@click.option("--name", help="The person's name; the address if left out.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh")
@click.password_option(help="Asked for if left out.")
@click.pass_context
def add(
    ctx: click.Context,
    email: str,
    roles: tuple[str, ...],
    organization: str,
    kinds: tuple[str, ...],
    name: str | None,
    language: str,
    password: str,
) -> None:
    """Add a person and, if needed, the organization."""
    databases = settings_of(ctx).databases()
    now = datetime.now(UTC)
    try:
        with databases.platform.begin() as db:
            home = _organization(db, organization, kinds or _kinds_for(roles), now)
            user = create_user(
                db,
                email=email,
                password=password,
                org_id=home.id,
                display_name=name or email,
                roles=set(roles),
                locale=language,
                now=now,
            )
    except AccountError as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()
    click.echo(f"{user.email} may sign in as {', '.join(sorted(user.roles))} of {home.name} ({home.id})")


def _kinds_for(roles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_KIND_OF_ROLE[Role(role)] for role in roles if Role(role) in _KIND_OF_ROLE)


def _organization(db: sa.Connection, wanted: str, kinds: tuple[str, ...], now: datetime) -> Organization:
    for known in list_organizations(db):
        if wanted in (known.id, known.name, known.name_en):
            return known
    if not kinds:
        raise click.ClickException(
            f"no organization is called {wanted!r}; to make it, say what it does: --kind shipper, --kind carrier"
        )
    return create_organization(db, name=wanted, name_en=wanted, kinds=set(kinds), now=now)
