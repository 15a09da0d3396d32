"""The list of loads beside the map: filters in the address, chips that take them back, places and lanes for the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import ngettext

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.best_matches import best_matches, has_matches
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load
from haoyun.platform.market.store import LoadFilter, Sort, count_loads, list_loads, loads_by_origin
from haoyun.platform.market.values import Page
from haoyun.platform.market.wishes import LoadWish
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import collection, lane_features, place_counts
from haoyun.platform.portal.page import Form, names_of, viewer
from haoyun.platform.portal.searches import (
    COUNTED,
    Chip,
    Fields,
    address,
    body_choices,
    chips,
    division_choices,
    next_page,
    read_wish,
    refuse,
)
from haoyun.platform.services import Services, services

PAGE = 25
_MOST_LOOSENED = 8  # filters that an empty list tries to do without
INDEX = "loads.index"
FIELDS = Fields(
    numbers={
        "weight_min": ("min_weight_kg", 1000),
        "weight": ("max_weight_kg", 1000),
        "length_min": ("min_length_cm", 100),
        "length_max": ("max_length_cm", 100),
        "price_min": ("min_price_fen", 100),
        "price_max": ("max_price_fen", 100),
        "per_km_min": ("min_per_km_fen", 100),
        "per_km_max": ("max_per_km_fen", 100),
    },
    days={
        "pickup_from": "pickup_from",
        "pickup_to": "pickup_to",
        "delivery_from": "delivery_from",
        "delivery_to": "delivery_to",
    },
)

_ALWAYS = frozenset({"origin", "destination", "q", "body", "sort"})  # shown without opening "more filters"
_SAID: Mapping[str, Callable[[str], str]] = {
    "weight_min": lambda n: gettext("from %(n)s t", n=n),
    "weight": lambda n: gettext("up to %(n)s t", n=n),
    "length_min": lambda n: gettext("from %(n)s m", n=n),
    "length_max": lambda n: gettext("up to %(n)s m", n=n),
    "price_min": lambda n: gettext("from ¥%(n)s", n=n),
    "price_max": lambda n: gettext("up to ¥%(n)s", n=n),
    "per_km_min": lambda n: gettext("from ¥%(n)s/km", n=n),
    "per_km_max": lambda n: gettext("up to ¥%(n)s/km", n=n),
    "pickup_from": lambda day: gettext("pickup from %(day)s", day=day),
    "pickup_to": lambda day: gettext("pickup until %(day)s", day=day),
    "delivery_from": lambda day: gettext("delivery from %(day)s", day=day),
    "delivery_to": lambda day: gettext("delivery until %(day)s", day=day),
}


def add_routes(blueprint: Blueprint) -> None:
    """The list, what an empty one could do without, and what the map draws."""
    blueprint.get("/loads")(index)
    blueprint.get("/loads/loosen")(loosen)
    blueprint.get("/loads/map.json")(drawn)


def index() -> str:
    """The list, filtered by the query, best match first for carriers with open trucks."""
    found, actor = services(), viewer()
    with found.read() as db:
        ranked = bool(actor and actor.is_carrier and has_matches(db, actor))
        form = _form(ranked)
        filters = _filters(found, form)
        page = _page(db, filters, form, actor)
        best = best_matches(db, actor, [load.id for load in page.items]) if ranked and actor else {}
        names = names_of(db, {load.org_id for load in page.items})
    return render_template(
        "loads.html",
        page=page,
        form=form,
        best=best,
        ranked=ranked,
        names=names,
        count=page.whole,
        COUNTED=COUNTED,
        chips=_chips(form),
        more_open=any(form.text(name) for name in FIELDS.behind(_ALWAYS)),
        map_data=address("loads.drawn", FIELDS),
        sorts=_sorts(ranked),
        bodies=body_choices(),
        divisions=division_choices(found.market),
        next_page=next_page(INDEX, FIELDS, page),
        loosen=address("loads.loosen", FIELDS),
    )


def loosen() -> str:
    """For a list that found nothing: how many loads there are without each of its filters, the most first."""
    found, actor, form = services(), viewer(), _form(ranked=False)
    ways: list[tuple[Chip, int]] = []
    with found.read() as db:
        for chip in _chips(form)[:_MOST_LOOSENED]:
            looser = Form({name: value for name, value in form.values.items() if name not in chip.fields})
            filters = _filters(found, looser)
            if filters is not None and (count := count_loads(db, filters, actor, 99)):
                ways.append((chip, count))
    ways.sort(key=lambda way: -way[1])
    return render_template("loosen.html", ways=ways)


def drawn() -> Response:
    """What the map draws of a search: how many loads wait at each place, and the lanes of the listed ones."""
    found, actor, form = services(), viewer(), _form(ranked=False)
    with found.read() as db:
        filters = _filters(found, form)
        page = _page(db, filters, form, actor)
        counts = loads_by_origin(db, filters, actor) if filters else {}
    places = place_counts(found.market, counts, lambda n: ngettext("%(num)s load", "%(num)s loads", n))
    return jsonify(collection([*places, *lane_features(page.items)]))


def wish_of(form: Form) -> LoadWish:
    """The search that a form asks for; what cannot be read is noted in the form."""
    return read_wish(form, FIELDS, LoadWish, Sort.POSTED)


def _form(ranked: bool) -> Form:
    form = Form(dict(request.args.items()))
    form.values.setdefault("sort", (Sort.SCORE if ranked else Sort.POSTED).value)
    return form


def _filters(found: Services, form: Form) -> LoadFilter | None:
    """None, and the reason in the form, where the search cannot be made."""
    wish = wish_of(form)
    try:
        filters = wish.filters(found.market, found.now())
    except FieldErrors as error:
        refuse(form, error, FIELDS)
    return None if form.errors else filters


def _page(db: sa.Connection, filters: LoadFilter | None, form: Form, actor: Actor | None) -> Page[Load]:
    try:
        if filters is not None:
            after = form.text("after") or None
            return list_loads(db, filters, actor, limit=PAGE, after=after, count_to=COUNTED)
    except FieldErrors as error:
        refuse(form, error, FIELDS)
    return Page((), None)


def _chips(form: Form) -> list[Chip]:
    return chips(INDEX, form, FIELDS, _SAID)


def _sorts(ranked: bool) -> list[tuple[str, str]]:
    own: list[tuple[str, Any]] = [
        (Sort.SCORE.value, gettext("Best match")),
        (Sort.DEADHEAD.value, gettext("Nearest truck")),
    ]
    common = [
        (Sort.POSTED.value, gettext("Newest")),
        (Sort.PICKUP.value, gettext("Soonest pickup")),
        (Sort.PRICE_KM.value, gettext("Price per km")),
    ]
    return (own if ranked else []) + common
