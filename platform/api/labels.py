"""Labels: number logistic units (SSCC), print them, list their tags."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.organizations import organization_names
from haoyun.platform.api.downloads import CSV, PDF, download
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import PREFIX, Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.services import services
from haoyun.platform.trading.store import consignment_of, get_order
from haoyun.platform.warehouse.label_runs import (
    MOST_LABELS,
    LabelRun,
    RunDraft,
    contents_of,
    get_run,
    labels_of_order,
    list_runs,
    make_run,
)
from haoyun.rfid_ingest.labels import Format, UnitLabel, label_pdf, sscc_rows, tags_csv

blueprint = resource("labels", "Labels")
Text = Annotated[str, Field(max_length=60)]


class NewLabels(Input):
    """How many logistic units to number, and what stands on each of their labels."""

    count: Annotated[int, Field(ge=1, le=MOST_LABELS)]
    extension: Annotated[int | None, Field(ge=0, le=9, description="digit before the company prefix")] = None
    gtin: Annotated[str | None, Field(max_length=14, description="of the items inside, 14 digits")] = None
    items: Annotated[int | None, Field(ge=1, description="how many items are inside")] = None
    is_item: Annotated[bool, Field(description="the unit itself is the trade item of that GTIN")] = False
    lot: Annotated[str | None, Field(max_length=20)] = None
    best_before: date | None = None
    net_weight_kg: Decimal | None = None
    ship_to: Text = ""
    goods: Text = ""
    reference: Text = ""

    def draft(self) -> RunDraft:
        """As the warehouse takes it. Raises FieldErrors."""
        return RunDraft(
            count=self.count,
            extension=self.extension,
            contents=contents_of(
                gtin=self.gtin or None,
                count=self.items,
                is_item=self.is_item,
                lot=self.lot or None,
                best_before=self.best_before,
                net_weight_kg=self.net_weight_kg,
            ),
            ship_to=self.ship_to,
            goods=self.goods,
            reference=self.reference,
        )


class LabelOut(Output):
    """One label."""

    sscc: str
    link: str


class LabelRunOut(Output):
    """Labels that were numbered together, in the order of their serials; `units` are their EPCs."""

    id: str
    created_at: datetime
    units: list[str]
    labels: list[LabelOut]


class LabelRunPage(Output):
    """The runs of the caller's organization, the newest first; `next` asks for older ones as `before`."""

    items: list[LabelRunOut]
    next: str | None


class RunsQuery(Input):
    """Where a page of the list begins."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[str | None, Field(max_length=60)] = None


class PrintQuery(Input):
    """What is printed on."""

    format: Format = Format.LABEL


class TagsQuery(Input):
    """How the tags are encoded."""

    scheme: Literal["sscc-96", "SSCC+"] = "sscc-96"


@blueprint.post("/labels")
@trading
@blueprint.input(NewLabels)
@blueprint.output(LabelRunOut, 201)
@blueprint.doc(summary="Number logistic units", security="bearer", responses=[401, 403, 409, 422])
def create(actor: Actor, json_data: NewLabels) -> object:
    """Number new units under the organization's GS1 company prefix; a number is given once."""
    found, draft = services(), json_data.draft()
    now = found.now()
    with found.write() as db:
        run_id = once_for(db, actor, "labels", now, lambda: make_run(db, actor, draft, now).id)
        run = get_run(db, actor, run_id)
    return run, 201, {"Location": f"{PREFIX}/labels/{run.id}"}


@blueprint.get("/labels")
@signed_in
@blueprint.input(RunsQuery, location="query")
@blueprint.output(LabelRunPage)
@blueprint.doc(summary="List label runs", security="bearer", responses=[401, 422])
def list_mine(actor: Actor, query_data: RunsQuery) -> object:
    """The runs of the caller's organization."""
    with services().read() as db:
        runs = list_runs(db, actor, query_data.limit + 1, query_data.before)
    more = len(runs) > query_data.limit
    runs = runs[: query_data.limit]
    return {"items": runs, "next": runs[-1].id if more else None}


@blueprint.get("/labels/<run_id>")
@signed_in
@blueprint.output(LabelRunOut)
@blueprint.doc(summary="A label run", security="bearer", responses=[401, 404])
def get_one(actor: Actor, run_id: str) -> object:
    """The numbers of a run."""
    return _run(actor, run_id)


@blueprint.get("/labels/<run_id>/print")
@signed_in
@blueprint.input(PrintQuery, location="query")
@blueprint.doc(summary="Labels as PDF", security="bearer", responses=[401, 404, 422])
def print_run(actor: Actor, run_id: str, query_data: PrintQuery) -> Response:
    """The labels of a run: GS1 logistic labels with GS1-128 and a Digital Link as QR code."""
    return labels_answer(_run(actor, run_id).labels, query_data.format, run_id)


@blueprint.get("/labels/<run_id>/tags")
@signed_in
@blueprint.input(TagsQuery, location="query")
@blueprint.doc(summary="Tags of a label run as CSV", security="bearer", responses=[401, 404, 422])
def tags_of_run(actor: Actor, run_id: str, query_data: TagsQuery) -> Response:
    """What a tag printer writes: EPC in hex, tag URI, EPC URI, text for people, Digital Link."""
    return tags_answer(_run(actor, run_id).units, query_data.scheme, run_id)


@blueprint.get("/orders/<order_id>/labels")
@signed_in
@blueprint.input(PrintQuery, location="query")
@blueprint.doc(summary="Labels of an order as PDF", security="bearer", responses=[401, 404, 422])
def print_order(actor: Actor, order_id: str, query_data: PrintQuery) -> Response:
    """The labels of the order's handling units."""
    return labels_answer(order_labels(actor, order_id), query_data.format, order_id)


@blueprint.get("/orders/<order_id>/tags")
@signed_in
@blueprint.input(TagsQuery, location="query")
@blueprint.doc(summary="Tags of an order as CSV", security="bearer", responses=[401, 404, 422])
def tags_of_order(actor: Actor, order_id: str, query_data: TagsQuery) -> Response:
    """The tags of the order's handling units."""
    with services().read() as db:
        get_order(db, order_id, actor)
        units = consignment_of(db, order_id).units
    return tags_answer(units, query_data.scheme, order_id)


def labels_answer(labels: tuple[UnitLabel, ...], form: Format, name: str) -> Response:
    """The PDF, shown by the browser."""
    return download(label_pdf(labels, form), PDF, f"{name}.pdf", inline=True)


def tags_answer(units: tuple[str, ...], scheme: str, name: str) -> Response:
    """The list for a tag printer."""
    return download(tags_csv(sscc_rows(units, scheme=scheme)), CSV, f"{name}-tags.csv")


def order_labels(actor: Actor, order_id: str) -> tuple[UnitLabel, ...]:
    """The labels of an order that the actor may see. Raises NotFound."""
    with services().read() as db:
        order = get_order(db, order_id, actor)
        consignment = consignment_of(db, order_id)
        name = organization_names(db, {order.shipper_org}).get(order.shipper_org, ("", ""))[0]
    return labels_of_order(order, consignment, name)


def _run(actor: Actor, run_id: str) -> LabelRun:
    with services().read() as db:
        return get_run(db, actor, run_id)
