"""The home page: what the platform is, what happens on it now."""

from __future__ import annotations

from flask import render_template

from haoyun.platform.api.summary import summary_of
from haoyun.platform.market.store import LoadFilter, list_loads
from haoyun.platform.portal.lanes import collection, lane_features
from haoyun.platform.portal.page import page_group, viewer
from haoyun.platform.services import services

_SHOWN = 6  # newest loads

blueprint = page_group("home")


@blueprint.get("/")
def index() -> str:
    """Figures, the newest loads, a map of their lanes."""
    found = services()
    with found.read() as db:
        newest = list_loads(db, LoadFilter(), viewer(), limit=_SHOWN).items
    features = collection(lane_features(newest))
    return render_template("home.html", figures=summary_of(found), loads=newest, features=features)


@blueprint.get("/figures")
def figures() -> str:
    """The figures alone, for the page's refresh."""
    return render_template("figures.html", figures=summary_of(services()))
