"""Puts the API on an app. The portal's factory calls this; tests call it on a bare APIFlask.

An app that carries it is made with ``APIFlask(..., **api_flask_options())``.
"""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Any, cast

from apiflask import APIFlask
from flask import Response, jsonify

from haoyun.platform.api import (
    auctions,
    bookings,
    capacities,
    custody,
    device_care,
    docks,
    drafts,
    drivers,
    emissions,
    exceptions,
    flags,
    gates,
    handling,
    history,
    imports,
    jobs,
    keys,
    labels,
    loads,
    orders,
    organization,
    organizations,
    partners,
    people,
    places,
    plans,
    public,
    quotes,
    recall,
    renewals,
    repeats,
    replans,
    rounds,
    saved_lanes,
    statistics,
    summary,
    tokens,
    vehicles,
    vroom,
    warehouses,
    watching,
    webhooks,
)
from haoyun.platform.api.domain_errors import register_domain_errors
from haoyun.platform.api.health import register_health
from haoyun.platform.api.http_intake import register_http_intake
from haoyun.platform.api.limits import limiter
from haoyun.platform.api.problems import register_problem_handlers
from haoyun.platform.api.resource import PREFIX
from haoyun.platform.api.scopes import register_scopes
from haoyun.platform.api.webhook_spec import webhooks_section
from haoyun.platform.database import Databases
from haoyun.platform.group_commit import GroupCommit
from haoyun.platform.market.context import MarketContext
from haoyun.platform.services import EXTENSION, Services
from haoyun.platform.settings import Settings
from haoyun.platform.trading.standing import read_standings

SPEC_PATH = f"{PREFIX}/openapi.json"
MAX_BODY_BYTES = 8 * 1024 * 1024  # a routing problem with its matrices; anything else is far smaller
_GROUPS = (
    tokens,
    summary,
    statistics,
    places,
    public,
    loads,
    capacities,
    drafts,
    repeats,
    imports,
    partners,
    renewals,
    saved_lanes,
    flags,
    quotes,
    auctions,
    orders,
    emissions,
    custody,
    vehicles,
    drivers,
    watching,
    exceptions,
    device_care,  # the same group as devices, in a file of its own
    gates,
    handling,
    labels,
    recall,
    warehouses,
    docks,
    bookings,
    history,
    jobs,
    plans,
    replans,
    vroom,
    rounds,
    organizations,
    organization,
    people,
    keys,
    webhooks,
)


def api_flask_options() -> dict[str, Any]:
    """Arguments for APIFlask: our own address for the specification, no pages that load from elsewhere."""
    return {
        "title": "Haoyun 好运",
        "version": version("haoyun"),
        "spec_path": None,
        "docs_path": None,
        "json_errors": False,
    }


def register_api(app: APIFlask, settings: Settings, databases: Databases) -> Services:
    """Put ``/api/v1``, error answers, health and metrics on the app; returns what `services()` returns."""
    market = MarketContext.load(settings, databases.tracking, partial(read_standings, databases.platform))
    found = Services(settings, databases, market, GroupCommit(databases.captures))
    app.extensions[EXTENSION] = found
    app.config.update(_config())
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    register_problem_handlers(app)
    register_domain_errors(app)
    limiter.init_app(app)
    register_scopes(app)
    for group in _GROUPS:
        app.register_blueprint(group.blueprint)
    app.add_url_rule(SPEC_PATH, "openapi", lambda: _specification(app))
    register_http_intake(app, settings)
    register_health(app, found)
    return found


def _config() -> dict[str, Any]:
    return {
        "OPENAPI_VERSION": "3.1.0",
        "DESCRIPTION": "Publish loads and capacities, match, order, track. Times are UTC, money is in fen.",
        "SECURITY_SCHEMES": {"bearer": {"type": "http", "scheme": "bearer"}},
        "AUTO_404_RESPONSE": False,  # each route says what it answers
        "AUTO_VALIDATION_ERROR_RESPONSE": False,
        "AUTO_AUTH_ERROR_RESPONSE": False,
        "HTTP_ERROR_SCHEMA": PROBLEM_SCHEMA,
    }


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def _specification(app: APIFlask) -> Response:
    return jsonify({**cast(dict[str, Any], app.spec), "webhooks": webhooks_section()})
