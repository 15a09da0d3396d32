"""Puts the EPCIS interface on an app that carries the API already."""

from __future__ import annotations

from flask import Flask

from haoyun.platform.epcis_api import capture, discovery, events, pages, queries

_GROUPS = (capture, events, queries, pages, discovery)


def register_epcis(app: Flask) -> None:
    """Put ``/epcis/v2`` on the app. Needs `register_api` before."""
    for group in _GROUPS:
        app.register_blueprint(group.blueprint)
