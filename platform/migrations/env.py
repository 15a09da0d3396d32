"""Alembic's entry point: `haoyun.platform.migrations` opened the connection and passes it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic import context

from haoyun.tracking.tables import is_partition

if TYPE_CHECKING:
    from haoyun.platform.migrations import Line


def run() -> None:
    """Run the versions of one line over the connection in the configuration's attributes."""
    line: Line = context.config.attributes["line"]
    connection = context.config.attributes["connection"]
    postgres = connection.dialect.name == "postgresql"
    context.configure(
        connection=connection,
        target_metadata=list(line.metadata),
        version_table_schema=line.schemas[0] if postgres else None,
        include_schemas=postgres,
        include_name=lambda name, kind, _parents: kind != "schema" or name in line.schemas,
        include_object=_ours,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    return not (kind == "table" and (name == "alembic_version" or is_partition(name)))


run()
