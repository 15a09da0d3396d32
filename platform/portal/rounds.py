"""Global rounds: what the market would best do together, what that saves, and one's own lines to take up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.rounds import line_out
from haoyun.platform.jobs import Job, list_jobs
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.store import get_capacities, get_loads, plates_of
from haoyun.platform.market.values import Page
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import names_of, page_group, said, signed_in
from haoyun.platform.rounds.accept import take_up
from haoyun.platform.rounds.figures import Figures, saved_share
from haoyun.platform.rounds.job import ROUND, enqueue_round
from haoyun.platform.rounds.proposal import Line
from haoyun.platform.rounds.sharing import VEHICLE
from haoyun.platform.rounds.store import get_round, lines_of_round, list_rounds, own_sums
from haoyun.platform.services import services

PAGE = 50
_BAR_PX = 420

blueprint = page_group("rounds")


@blueprint.get("/rounds")
@signed_in
def index(actor: Actor) -> str:
    """Rounds that concern the reader, and for the operator the button that starts one."""
    with services().read() as db:
        page = list_rounds(db, actor, limit=20, after=request.args.get("after"))
        sums = {one.id: own_sums(db, one.id, actor) for one in page.items}
        running = _running(db) if actor.is_operator else None
    return render_template("rounds.html", page=page, sums=sums, running=running, may_start=actor.is_operator)


@blueprint.post("/rounds")
@signed_in
def start(actor: Actor) -> Response:
    """Queue a round over the whole market."""
    if not actor.is_operator:
        raise NotAllowed("role")
    found = services()
    with found.write() as db:
        if _running(db) is None:  # pressing twice starts one
            pools = request.form.get("pools") == "1"
            enqueue_round(db, actor.org_id, actor.user_id, found.now(), pools)
    flash(gettext("The round is being made; this page shows it when it is there."), "success")
    return redirect(url_for("rounds.index"))


@blueprint.get("/rounds/<round_id>")
@signed_in
def show(round_id: str, actor: Actor) -> str:
    """What the round saves, and the reader's lines."""
    with services().read() as db:
        found = get_round(db, round_id, actor)
        page = _lines(db, round_id, actor)
        loads = get_loads(db, {line.load_id for line in page.items})
        capacities = get_capacities(db, {line.capacity_id for line in page.items})
        names = names_of(db, {org for line in page.items for org in (line.shipper_org, line.carrier_org)})
        own = {c.vehicle_id for c in capacities.values() if actor.sees_all or c.org_id == actor.org_id}
        plates = plates_of(db, own)
        sums = own_sums(db, round_id, actor)
    return render_template(
        "round.html",
        round=found,
        rows=[_Row(line, line_out(line, actor), actor) for line in page.items],
        following=page.next,
        loads=loads,
        plates={key: plates.get(c.vehicle_id, "") for key, c in capacities.items()},
        names=names,
        sums=sums,
        saved=saved(found.before, found.after) if actor.sees_all else None,
        bars=bars(found.before, found.after) if actor.sees_all else None,
        lapsed=services().now() >= found.expires_at,
    )


@blueprint.post("/rounds/<round_id>/lines/<line_id>")
@signed_in
def quote(round_id: str, line_id: str, actor: Actor) -> Response:
    """Turn a line into a quote, and go to its load."""
    found = services()
    now = found.now()
    context = found.market.snapshot(now)
    try:
        with found.write() as db:
            made = take_up(db, actor, round_id, line_id, now, context)
    except Conflict as error:
        flash(said(error), "error")
        return redirect(url_for("rounds.show", round_id=round_id))
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
        return redirect(url_for("rounds.show", round_id=round_id))
    flash(gettext("Your quote was sent."), "success")
    return redirect(url_for("loads.show", load_id=made.load_id))


def _running(db: sa.Connection) -> Job | None:
    """The round that is being made now, if there is one among the newest jobs."""
    jobs, _ = list_jobs(db, org_id=None, limit=50)
    return next((job for job in jobs if job.kind == ROUND and not job.ended), None)


def _lines(db: sa.Connection, round_id: str, actor: Actor) -> Page[Line]:
    try:
        return lines_of_round(db, round_id, actor, limit=PAGE, after=request.args.get("after"))
    except FieldErrors:  # a page marker that is not ours
        raise NotFound from None


@dataclass(frozen=True, slots=True)
class _Row:
    """A line as the page shows it; `shown` has what the reader may see."""

    line: Line
    shown: dict[str, Any]
    actor: Actor

    @property
    def may_take_up(self) -> bool:
        """Whether the button is offered."""
        return self.line.state == "PROPOSED" and self.actor.may_trade

    @property
    def share(self) -> dict[str, Any] | None:
        """The load's share of its pool."""
        return self._share(self.line.load_id)

    @property
    def vehicle_share(self) -> dict[str, Any] | None:
        """The vehicle's share, for who carries."""
        return self._share(VEHICLE)

    def _share(self, player: str) -> dict[str, Any] | None:
        pool = self.shown["pool"]
        return next((one for one in pool["shares"] if one["player"] == player), None) if pool else None


def saved(before: Figures, after: Figures) -> list[tuple[str, float | None]]:
    """What is less than it was, as shares, positive is saved: by loaded kilometre, since more loads are served."""

    def per_km(amount: float, found: Figures) -> float:
        return amount / found.loaded_m if found.loaded_m else 0.0

    return [
        (
            gettext("Empty km of a loaded km"),
            saved_share(per_km(before.empty_m, before), per_km(after.empty_m, after)),
        ),
        (
            gettext("Cost of a loaded km"),
            saved_share(per_km(before.cost_fen, before), per_km(after.cost_fen, after)),
        ),
        (
            gettext("CO₂e of a loaded km"),
            saved_share(per_km(before.co2e_kg, before), per_km(after.co2e_kg, after)),
        ),
    ]


def bars(before: Figures, after: Figures) -> list[dict[str, Any]]:
    """Loaded and empty kilometres of both plans as lengths of one scale."""
    most = max(before.empty_m + before.loaded_m, after.empty_m + after.loaded_m, 1)
    rows = ((gettext("First come, first served"), before), (gettext("This round"), after))
    return [
        {
            "label": label,
            "loaded": found.loaded_m / most * _BAR_PX,
            "empty": found.empty_m / most * _BAR_PX,
            "figures": found,
        }
        for label, found in rows
    ]
