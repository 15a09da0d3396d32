"""Global rounds: what the whole market would best do, what that saves, and one's own lines of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import operating, signed_in, trading
from haoyun.platform.api.quotes import QuoteOut
from haoyun.platform.api.resource import PREFIX, Input, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.jobs import get_job
from haoyun.platform.rounds.accept import take_up
from haoyun.platform.rounds.job import enqueue_round
from haoyun.platform.rounds.proposal import Line, LineState, Round
from haoyun.platform.rounds.store import get_round, lines_of_round, list_rounds, own_sums
from haoyun.platform.services import services
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.store import get_quote

blueprint = resource("rounds", "Rounds")


class NewRound(Input):
    """What a round may do."""

    pools: Annotated[bool, Field(description="whether loads may share a vehicle")] = True


class RoundJob(Output):
    """The job that makes a round; its result names the round as `round_id`."""

    job_id: str


class FiguresOut(Output):
    """Sums over trucks. `cost_fen` is kilometres and waiting, `contribution_fen` prices less cost."""

    loads: int
    trucks: int
    pools: int
    empty_m: int
    loaded_m: int
    waits_s: int
    price_fen: int
    cost_fen: int
    contribution_fen: int
    co2e_kg: int


class OwnOut(Output):
    """What a round proposes to the caller's organization; `contribution_fen` as a carrier, `share_fen` as a shipper."""

    lines: int
    trucks: int
    empty_m: float
    contribution_fen: int
    share_fen: int


class RoundOut(Output):
    """A round. The market's figures are the operator's to see; everybody sees the own sums."""

    id: str
    created_at: datetime
    expires_at: datetime
    own: OwnOut
    before: FiguresOut | None
    after: FiguresOut | None
    bound_fen: int | None
    open_loads: int | None
    open_trucks: int | None


class RoundPage(Output):
    """Rounds, the newest first."""

    items: list[RoundOut]
    next: str | None


class ShareOut(Output):
    """A player's share of a pool: the mean of `adds_fen`, what it adds to none, one, two ... who are there before."""

    player: str
    fen: int
    adds_fen: list[int]
    error_fen: int


class PoolOut(Output):
    """What sharing the vehicle saves, and whose it is; a shipper sees the own share, the carrier all of them."""

    saving_fen: int
    samples: int | None
    shares: list[ShareOut]


class LineOut(Output):
    """One load in one truck's way; lines of the same truck and position share the vehicle.

    `price_fen` is what is proposed: `expected_fen` less the load's share of what sharing saves. `empty_m`,
    `loaded_m` and `contribution_fen` are of the whole position, and the carrier's to see.
    """

    id: str
    truck: int
    position: int
    load_id: str
    capacity_id: str
    shipper_org: str
    carrier_org: str
    pickup_at: datetime
    delivery_at: datetime
    empty_m: float | None
    loaded_m: float | None
    contribution_fen: int | None
    expected_fen: int
    share_fen: int
    price_fen: int
    pool: PoolOut | None
    state: LineState
    quote_id: str | None


class LinePage(Output):
    """Lines by truck and position."""

    items: list[LineOut]
    next: str | None


@blueprint.post("/rounds")
@operating
@blueprint.input(NewRound)
@blueprint.output(RoundJob, 202)
@blueprint.doc(summary="Start a global round", security="bearer", responses=[401, 403, 422])
def create_round(actor: Actor, json_data: NewRound) -> object:
    """Queue a round over all open loads and trucks; `Location` names its job."""
    found, now = services(), services().now()
    with found.write() as db:
        job_id = once_for(
            db,
            actor,
            "round",
            now,
            lambda: enqueue_round(db, actor.org_id, actor.user_id, now, json_data.pools).id,
        )
        job = get_job(db, job_id)
    return {"job_id": job.id}, 202, {"Location": f"{PREFIX}/jobs/{job.id}"}


@blueprint.get("/rounds")
@signed_in
@blueprint.input(PageQuery, location="query")
@blueprint.output(RoundPage)
@blueprint.doc(summary="List rounds", security="bearer", responses=[401, 422])
def list_some(actor: Actor, query_data: PageQuery) -> object:
    """Rounds that propose something to the caller, the newest first; operator and supervisors see all."""
    with services().read() as db:
        page = list_rounds(db, actor, limit=query_data.limit, after=query_data.after)
        items = [_round_out(one, actor, own_sums(db, one.id, actor)) for one in page.items]
    return {"items": items, "next": page.next}


@blueprint.get("/rounds/<round_id>")
@signed_in
@blueprint.output(RoundOut)
@blueprint.doc(summary="A round", security="bearer", responses=[401, 404])
def get_one(actor: Actor, round_id: str) -> object:
    """What a round saves, and what it proposes to the caller."""
    with services().read() as db:
        return _round_out(get_round(db, round_id, actor), actor, own_sums(db, round_id, actor))


@blueprint.get("/rounds/<round_id>/lines")
@signed_in
@blueprint.input(PageQuery, location="query")
@blueprint.output(LinePage)
@blueprint.doc(summary="The lines of a round", security="bearer", responses=[401, 404, 422])
def lines(actor: Actor, round_id: str, query_data: PageQuery) -> object:
    """The caller's lines; operator and supervisors see all."""
    with services().read() as db:
        page = lines_of_round(db, round_id, actor, limit=query_data.limit, after=query_data.after)
    return {"items": [line_out(line, actor) for line in page.items], "next": page.next}


@blueprint.post("/rounds/<round_id>/lines/<line_id>/quote")
@trading
@blueprint.output(QuoteOut, 201)
@blueprint.doc(summary="Turn a line into a quote", security="bearer", responses=[401, 403, 404, 409])
def quote(actor: Actor, round_id: str, line_id: str) -> Quote:
    """Quote the proposed price to the other side, who accepts or answers as usual."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.write() as db:
        quote_id = once_for(
            db,
            actor,
            f"line:{line_id}",
            now,
            lambda: take_up(db, actor, round_id, line_id, now, context).id,
        )
        return get_quote(db, quote_id, actor)


def line_out(line: Line, viewer: Actor) -> dict[str, Any]:
    """A line as the viewer may see it: to a shipper neither the carrier's sums nor other loads' shares."""
    shown = {name: getattr(line, name, None) for name in LineOut.model_fields}
    carries = viewer.sees_all or viewer.org_id == line.carrier_org
    if not carries:
        shown.update(empty_m=None, loaded_m=None, contribution_fen=None)
    if line.pool is not None and not carries:
        own = [share for share in line.pool["shares"] if share["player"] == line.load_id]
        shown["pool"] = {**line.pool, "shares": own}
    return shown


def _round_out(found: Round, viewer: Actor, own: object) -> dict[str, Any]:
    market = ("before", "after", "bound_fen", "open_loads", "open_trucks")
    return {
        **{name: getattr(found, name) for name in ("id", "created_at", "expires_at")},
        **{name: getattr(found, name) if viewer.sees_all else None for name in market},
        "own": own,
    }
