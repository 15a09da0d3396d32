"""Schema versions: what the scripts build is what the code's tables say, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from haoyun.platform.database import Databases
from haoyun.platform.migrations import PLATFORM_LINE, TRACKING_LINE, Line, behind, upgrade

LINES = [(TRACKING_LINE, "tracking"), (PLATFORM_LINE, "platform")]


@pytest.mark.parametrize(("line", "name"), LINES, ids=["tracking", "platform"])
def test_versions_build_exactly_the_tables_of_the_code(databases: Databases, line: Line, name: str) -> None:
    engine: sa.Engine = getattr(databases, name)
    inspector = sa.inspect(engine)
    for metadata in line.metadata:
        for table in metadata.sorted_tables:
            schema = table.schema if engine.dialect.name == "postgresql" else None
            built = {
                column["name"]: column["nullable"] for column in inspector.get_columns(table.name, schema)
            }
            assert built == {column.name: bool(column.nullable) for column in table.columns}, table.name
            indexes = {i["name"] for i in inspector.get_indexes(table.name, schema)}
            assert {i.name for i in table.indexes} <= indexes, table.name


@pytest.mark.parametrize(("line", "name"), LINES, ids=["tracking", "platform"])
def test_nothing_is_left_for_a_new_version_to_say(postgres_url: str, line: Line, name: str) -> None:
    databases = Databases.open(Path(), postgres_url)
    upgrade(databases)
    engine: sa.Engine = getattr(databases, name)
    with engine.connect() as db:
        context = MigrationContext.configure(
            db,
            opts={
                "include_schemas": True,
                "include_name": lambda found, kind, _parents: kind != "schema" or found in line.schemas,
                "include_object": lambda _o, found, kind, _r, _c: (
                    not (kind == "table" and found == "alembic_version")
                ),
            },
        )
        differences = compare_metadata(context, list(line.metadata))  # type: ignore[arg-type]
    databases.close()
    assert differences == [], "run: make migration m='what changes'"


def test_an_upgrade_is_safe_to_repeat(databases: Databases) -> None:
    upgrade(databases)
    assert behind(databases) == []


def test_an_empty_database_is_told_apart_from_a_current_one(tmp_path: Path) -> None:
    databases = Databases.open(tmp_path)
    assert [problem.split(" is at ")[0] for problem in behind(databases)] == [
        "tracking database",
        "platform database",
    ]
    databases.close()
