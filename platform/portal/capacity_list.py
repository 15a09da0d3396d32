"""The list of trucks on offer beside the map: as load_list.py, for capacities."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import ngettext

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.store import (
    CapacityFilter,
    CapacitySort,
    capacities_by_origin,
    count_capacities,
    list_capacities,
)
from haoyun.platform.market.values import Page
from haoyun.platform.market.wishes import CapacityWish
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import collection, place_counts, truck_features
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
INDEX = "capacities.index"
FIELDS = Fields(
    numbers={
        "weight": ("min_weight_kg", 1000),
        "length_min": ("min_length_cm", 100),
        "length_max": ("max_length_cm", 100),
        "price_max": ("max_price_fen", 100),
    },
    days={"ready_from": "ready_from", "ready_to": "ready_to"},
)
_ALWAYS = frozenset(
    {"origin", "destination", "weight", "body", "sort"}
)  # shown without opening "more filters"
_SAID: Mapping[str, Callable[[str], str]] = {
    "weight": lambda n: gettext("at least %(n)s t free", n=n),
    "length_min": lambda n: gettext("from %(n)s m", n=n),
    "length_max": lambda n: gettext("up to %(n)s m", n=n),
    "price_max": lambda n: gettext("takes ¥%(n)s", n=n),
    "ready_from": lambda day: gettext("ready from %(day)s", day=day),
    "ready_to": lambda day: gettext("ready until %(day)s", day=day),
}


def add_routes(blueprint: Blueprint) -> None:
    """The list, what an empty one could do without, and what the map draws."""
    blueprint.get("/trucks")(index)
    blueprint.get("/trucks/loosen")(loosen)
    blueprint.get("/trucks/map.json")(drawn)


def index() -> str:
    """The list, filtered by the query."""
    found, actor = services(), viewer()
    with found.read() as db:
        form = _form()
        filters = _filters(found, form)
        page = _page(db, filters, form, actor)
        names = names_of(db, {capacity.org_id for capacity in page.items})
    return render_template(
        "capacities.html",
        page=page,
        form=form,
        names=names,
        count=page.whole,
        COUNTED=COUNTED,
        chips=_chips(form),
        more_open=any(form.text(name) for name in FIELDS.behind(_ALWAYS)),
        map_data=address("capacities.drawn", FIELDS),
        sorts=_sorts(actor),
        bodies=body_choices(),
        divisions=division_choices(found.market),
        next_page=next_page(INDEX, FIELDS, page),
        loosen=address("capacities.loosen", FIELDS),
    )


def loosen() -> str:
    """For a list that found nothing: how many trucks there are without each of its filters, the most first."""
    found, actor, form = services(), viewer(), _form()
    ways: list[tuple[Chip, int]] = []
    with found.read() as db:
        for chip in _chips(form)[:_MOST_LOOSENED]:
            looser = Form({name: value for name, value in form.values.items() if name not in chip.fields})
            filters = _filters(found, looser)
            if filters is not None and (count := count_capacities(db, filters, actor, 99)):
                ways.append((chip, count))
    ways.sort(key=lambda way: -way[1])
    return render_template("loosen.html", ways=ways)


def drawn() -> Response:
    """What the map draws of a search: how many trucks stand at each place, and where the listed ones go."""
    found, actor, form = services(), viewer(), _form()
    with found.read() as db:
        filters = _filters(found, form)
        page = _page(db, filters, form, actor)
        counts = capacities_by_origin(db, filters, actor) if filters else {}
    places = place_counts(found.market, counts, lambda n: ngettext("%(num)s truck", "%(num)s trucks", n))
    return jsonify(collection([*places, *truck_features(page.items)]))


def wish_of(form: Form) -> CapacityWish:
    """The search that a form asks for; what cannot be read is noted in the form."""
    return read_wish(form, FIELDS, CapacityWish, CapacitySort.POSTED)


def _form() -> Form:
    form = Form(dict(request.args.items()))
    form.values.setdefault("sort", CapacitySort.POSTED.value)
    return form


def _filters(found: Services, form: Form) -> CapacityFilter | None:
    """None, and the reason in the form, where the search cannot be made."""
    wish = wish_of(form)
    try:
        filters = wish.filters(found.market, found.now())
    except FieldErrors as error:
        refuse(form, error, FIELDS)
    return None if form.errors else filters


def _page(
    db: sa.Connection, filters: CapacityFilter | None, form: Form, actor: Actor | None
) -> Page[Capacity]:
    try:
        if filters is not None:
            after = form.text("after") or None
            return list_capacities(db, filters, actor, limit=PAGE, after=after, count_to=COUNTED)
    except FieldErrors as error:
        refuse(form, error, FIELDS)
    return Page((), None)


def _chips(form: Form) -> list[Chip]:
    return chips(INDEX, form, FIELDS, _SAID)


def _sorts(actor: Actor | None) -> list[tuple[str, str]]:
    own: list[tuple[str, str]] = [
        (CapacitySort.SCORE.value, gettext("Best match")),
        (CapacitySort.DEADHEAD.value, gettext("Nearest to my loads")),
    ]
    common = [
        (CapacitySort.POSTED.value, gettext("Newest")),
        (CapacitySort.READY.value, gettext("Soonest ready")),
    ]
    return (own if actor and actor.is_shipper else []) + common
