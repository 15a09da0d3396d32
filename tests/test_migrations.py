"""Schema versions: what the scripts build is what the code's tables say, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from haoyun.platform.database import Databases
from haoyun.platform.migrations import PLATFORM_LINE, TRACKING_LINE, Line, behind, upgrade
from haoyun.rfid_ingest.epcis.filing import id_key
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY, OWNER
from haoyun.tracking.tables import is_partition

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
                    not (kind == "table" and (found == "alembic_version" or is_partition(found)))
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


def test_events_of_the_first_version_belong_to_the_organization_of_their_reader(databases: Databases) -> None:
    """A database of version 0001 with one gate event is brought forward."""
    digest = "ab" * 32
    with databases.tracking.begin() as db:
        config = TRACKING_LINE.config()
        config.attributes["connection"] = db
        command.downgrade(config, "0001")
        rfid = "rfid." if db.dialect.name == "postgresql" else ""
        tracking = "tracking." if db.dialect.name == "postgresql" else ""
        for statement in (
            f"INSERT INTO {tracking}trk_device VALUES (1, 'gate', 'reader', 'org-7', NULL, 1, '', 0, NULL, NULL)",
            f"INSERT INTO {rfid}rfid_epcis_event VALUES (5, 'ni:///sha-256;{digest}?ver=CBV2.0', 'ObjectEvent', "
            "'OBSERVE', 1000, '+08:00', 'arriving', NULL, 'urn:epc:id:sgln:6901234.00001.0', NULL, '{}', 2000)",
            f"INSERT INTO {rfid}rfid_event_epc VALUES (5, 'urn:epc:id:sscc:6901234.0000000042', 'epc')",
            f"INSERT INTO {rfid}rfid_passage VALUES (5, 'urn:epc:id:sscc:6901234.0000000042', 'gate', 1, 1000, "
            "'yard', 'yard', 30.0, 114.0, 'in', NULL)",
        ):
            db.exec_driver_sql(statement)
    upgrade(databases)
    with databases.tracking.connect() as db:
        event = db.execute(sa.select(EVENT, OWNER.c.org_id).join(OWNER, OWNER.c.owner == EVENT.c.owner)).one()
        key = db.execute(sa.select(EVENT_KEY)).one()
    assert (event.seq, event.org_id, event.read_point) == (5, "org-7", "/414/6901234000016")
    assert (event.id_key, event.version.hex()) == (id_key(event.owner, event.event_id), digest[:16])
    assert (key.value, key.role, key.event_seq) == ("/00/069012340000000429", "epc", 5)
