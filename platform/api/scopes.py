"""What a key with limited scopes opens: looked up for every request that carries one, before any view runs.

A group of routes that is not named here asks for `manage`, so that a new one is closed to old keys until somebody
decides. Pages of the portal are not the API: a limited key opens none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, request

from haoyun.platform.accounts.scopes import ALL, Scope
from haoyun.platform.accounts.security import actor_of_request, bearer_token
from haoyun.platform.api.language import text
from haoyun.platform.api.problems import Problem, answer

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_EPCIS = "epcis_"  # its groups all write events
_API = ("/api/", "/epcis/")
# Blueprints by what their writing routes are for. Reading ones ask for `read`.
WRITES: Mapping[str, Scope] = {
    "api_loads": Scope.TRADE,
    "api_capacities": Scope.TRADE,
    "api_quotes": Scope.TRADE,
    "api_auctions": Scope.TRADE,
    "api_orders": Scope.TRADE,
    "api_drafts": Scope.TRADE,
    "api_imports": Scope.TRADE,
    "api_partners": Scope.TRADE,
    "api_renewals": Scope.TRADE,
    "api_repeats": Scope.TRADE,
    "api_rounds": Scope.TRADE,
    "api_saved_lanes": Scope.TRADE,
    "api_warehouses": Scope.TRADE,
    "api_docks": Scope.TRADE,
    "api_bookings": Scope.TRADE,
    "api_labels": Scope.TRACK,
    "api_handling": Scope.TRACK,
    "api_custody": Scope.TRACK,
    "api_devices": Scope.TRACK,
    "api_watching": Scope.TRACK,
    "api_exceptions": Scope.TRACK,
    "api_emissions": Scope.TRACK,
    "api_jobs": Scope.PLAN,
    "api_plans": Scope.PLAN,
    "api_replans": Scope.PLAN,
    "api_vroom": Scope.PLAN,
}
# What every key may do: say who it is, and end itself.
FREE = frozenset({"api_tokens.me", "api_tokens.revoke_current_token", "api_tokens.create_token"})


def needed_scope(method: str, blueprint: str | None) -> Scope:
    """The scope that a request of the API asks for."""
    if method in _READING:
        return Scope.READ
    name = blueprint or ""
    return Scope.TRACK if name.startswith(_EPCIS) else WRITES.get(name, Scope.MANAGE)


def register_scopes(app: Flask) -> None:
    """Refuse each request whose key lacks the scope."""
    app.before_request(_check)


def _check() -> Response | None:
    if bearer_token() is None or request.endpoint in FREE:
        return None
    actor = actor_of_request()
    if actor is None or actor.scopes is None or actor.scopes == ALL:
        return None  # nobody is the view's to refuse
    if not request.path.startswith(_API):
        return answer(Problem(403, text("keys_open_no_pages")))
    needed = needed_scope(request.method, request.blueprint)
    return None if needed in actor.scopes else answer(Problem(403, text("scope_missing", {"scope": needed})))
