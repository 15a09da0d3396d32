"""What machines watch: the process, what it needs, and figures for Prometheus."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from haoyun.platform.accounts.security import init_security
from haoyun.platform.api.app_parts import api_flask_options, register_api
from haoyun.platform.broker_address import mqtt_url
from haoyun.platform.database import Databases
from haoyun.platform.jobs import enqueue
from haoyun.platform.settings import Settings


@pytest.fixture
def listener() -> Iterator[int]:
    """Stands for a broker: something that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def watched(databases: Databases, tmp_path: Path, listener: int) -> FlaskClient:
    settings = Settings(data=tmp_path / "data", broker_port=listener)
    made = APIFlask("api", instance_path=str(tmp_path), root_path=str(tmp_path), **api_flask_options())
    init_security(made, settings, databases)
    register_api(made, settings, databases)
    return made.test_client()


def test_the_process_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_it_is_ready_when_everything_is_there(watched: FlaskClient) -> None:
    answer = watched.get("/readyz")
    assert answer.status_code == 200, answer.json
    assert answer.json["checks"] == {"database": None, "migrations": None, "queue": None, "broker": None}


def test_a_silent_broker_is_named(client: FlaskClient, free_port: int) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "does not answer" in answer.json["checks"]["broker"]


def test_a_job_that_waits_for_ever_is_named(watched: FlaskClient, databases: Databases) -> None:
    with databases.platform.begin() as db:
        long_ago = datetime.now(UTC) - timedelta(minutes=10)
        enqueue(db, kind="optimize", org_id="org_a", payload={}, now=long_ago)
    answer = watched.get("/readyz")
    assert answer.status_code == 503 and "does a worker run?" in answer.json["checks"]["queue"]


def test_a_database_that_was_not_migrated_is_named(watched: FlaskClient, databases: Databases) -> None:
    schema = "platform." if databases.platform.dialect.name == "postgresql" else ""
    with databases.platform.begin() as db:
        db.execute(sa.text(f"UPDATE {schema}alembic_version SET version_num = '0000'"))
    answer = watched.get("/readyz")
    assert answer.status_code == 503 and "0000" in answer.json["checks"]["migrations"]


def test_metrics_are_readable_by_prometheus(client: FlaskClient) -> None:
    client.get("/api/v1/summary")
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    assert families["haoyun_loads_open"].samples[0].value == 0
    assert any(
        sample.labels.get("endpoint") == "api_summary.get_summary" and sample.value == 1
        for sample in families["haoyun_http_requests"].samples
        if sample.name.endswith("_total")
    )


def test_the_summary_has_every_figure_and_needs_no_token(client: FlaskClient) -> None:
    figures = client.get("/api/v1/summary").json
    assert set(figures) == {
        "vehicles_moving",
        "loads_open",
        "capacities_open",
        "matches",
        "orders_under_way",
        "consignments_delivered",
        "jobs_finished",
        "fixes",
        "tag_reads",
        "milestones_gps",
        "milestones_rfid",
    }
    assert not any(figures.values())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"broker_port": 18831}, "mqtt://127.0.0.1:18831"),
        ({"mqtt_url": "mqtts://ingest:secret@broker.example"}, "mqtts://broker.example:8883"),
        ({"mqtt_url": "mqtt://u:p@localhost:1884"}, "mqtt://localhost:1884"),
        ({"mqtt_public_url": "mqtts://mqtt.example"}, "mqtts://mqtt.example"),
    ],
)
def test_the_brokers_address_for_devices_never_carries_our_password(
    tmp_path: Path, changes: dict[str, object], expected: str
) -> None:
    assert mqtt_url(Settings(data=tmp_path, **changes)) == expected  # type: ignore[arg-type]
