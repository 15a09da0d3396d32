"""For machines that watch: /healthz (the process), /readyz (what it needs), /metrics (Prometheus)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from haoyun.platform.api.summary import summary_of
from haoyun.platform.jobs import oldest_waiting_s
from haoyun.platform.migrations import behind
from haoyun.platform.services import Services, services

QUEUE_PATIENCE_S = 300.0  # a job that waits longer means that no worker runs
BROKER_TIMEOUT_S = 0.5

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, object], int]:
    """Each thing that the platform needs, and a sentence about what is wrong with it (null: all is well)."""
    found = services()
    checks = {
        "database": _database(found),
        "migrations": None,
        "queue": None,
        "broker": _broker(found),
    }
    if checks["database"] is None:
        checks["migrations"] = "; ".join(behind(found.databases)) or None
        checks["queue"] = _queue(found) if checks["migrations"] is None else "not looked at before migration"
    ready = not any(checks.values())
    return {"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503


def _database(found: Services) -> str | None:
    try:
        for engine in (found.read, found.read_tracking):
            with engine() as db:
                db.execute(sa.select(1))
    except sa.exc.OperationalError as error:
        return f"the database does not answer: {str(error.orig).splitlines()[0]}"
    return None


def _queue(found: Services) -> str | None:
    with found.read() as db:
        waiting_s = oldest_waiting_s(db, found.now())
    if waiting_s <= QUEUE_PATIENCE_S:
        return None
    return f"the oldest job has waited {waiting_s:.0f} s: does a worker run?"


def _broker(found: Services) -> str | None:
    named, embedded = found.settings.mqtt_url, f"mqtt://127.0.0.1:{found.settings.broker_port}"
    address = urlsplit(named.get_secret_value() if named else embedded)
    port = address.port or (8883 if address.scheme == "mqtts" else 1883)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", port), BROKER_TIMEOUT_S).close()
    except OSError as error:
        return f"the broker at {address.hostname}:{port} does not answer: {error.strerror or error}"
    return None


class _Figures(Collector):
    """The summary's figures as gauges, read when Prometheus asks."""

    def __init__(self, found: Services) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge for each figure, and the age of the queue."""
        for name, value in summary_of(self._found).model_dump().items():
            yield GaugeMetricFamily(f"haoyun_{name}", name.replace("_", " "), value=value)
        with self._found.read() as db:
            waiting_s = oldest_waiting_s(db, self._found.now())
        yield GaugeMetricFamily("haoyun_queue_oldest_seconds", "wait of the oldest job", value=waiting_s)


def register_health(app: Flask, found: Services) -> None:
    """Put the three addresses on the app, and measure its requests."""
    registry = CollectorRegistry()
    requests = Counter(
        "haoyun_http_requests_total", "answered requests", ["endpoint", "method", "status"], registry=registry
    )
    seconds = Histogram("haoyun_http_seconds", "time to answer", ["endpoint"], registry=registry)
    registry.register(_Figures(found))

    def begin() -> None:
        g.haoyun_begun = time.perf_counter()

    def end(response: Response) -> Response:
        endpoint = request.endpoint or "none"  # bounded, unlike the path
        requests.labels(endpoint, request.method, response.status_code).inc()
        if "haoyun_begun" in g:
            seconds.labels(endpoint).observe(time.perf_counter() - g.haoyun_begun)
        return response

    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    app.before_request(begin)
    app.after_request(end)
    app.register_blueprint(blueprint)
    app.add_url_rule("/metrics", "metrics", metrics)
