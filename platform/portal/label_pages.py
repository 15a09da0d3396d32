"""Labels: number pallets, print their labels, hand the list of tags to a printer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.api.labels import labels_answer, order_labels, tags_answer
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.page import Form, page_group, said, signed_in
from haoyun.platform.services import services
from haoyun.platform.trading.sscc_store import serials_left
from haoyun.platform.trading.store import consignment_of, get_order
from haoyun.platform.warehouse.label_runs import RunDraft, contents_of, get_run, list_runs, make_run
from haoyun.rfid_ingest.labels import Format

PAGE = 30

blueprint = page_group("labels")


@blueprint.get("/warehouse/labels")
@signed_in
def index(actor: Actor) -> str:
    """The form for new labels, and the runs so far."""
    form = Form({"count": "1", "extension": "0"})
    return _page(actor, form)


@blueprint.post("/warehouse/labels")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Number new units."""
    must_trade(actor)
    found, form = services(), Form.of_request()
    draft = _draft(form)
    if draft is not None:
        try:
            with found.write() as db:
                run = make_run(db, actor, draft, found.now())
            return redirect(url_for("labels.show", run_id=run.id))
        except FieldErrors as error:
            form.refuse(error)
        except Conflict as error:
            flash(said(error), "error")
    return _page(actor, form), 422


@blueprint.get("/warehouse/labels/<run_id>")
@signed_in
def show(run_id: str, actor: Actor) -> str:
    """One run with what can be printed."""
    with services().read() as db:
        run = get_run(db, actor, run_id)
    return render_template("label_run.html", run=run, first=run.labels[0], formats=list(Format))


@blueprint.get("/warehouse/labels/<run_id>/print")
@signed_in
def print_run(run_id: str, actor: Actor) -> Response:
    """The PDF."""
    with services().read() as db:
        run = get_run(db, actor, run_id)
    return labels_answer(run.labels, _format(), run_id)


@blueprint.get("/warehouse/labels/<run_id>/tags.csv")
@signed_in
def tags(run_id: str, actor: Actor) -> Response:
    """The list for a tag printer."""
    with services().read() as db:
        run = get_run(db, actor, run_id)
    return tags_answer(run.units, "sscc-96", run_id)


@blueprint.get("/orders/<order_id>/labels.pdf")
@signed_in
def print_order(order_id: str, actor: Actor) -> Response:
    """The labels of an order's handling units."""
    return labels_answer(order_labels(actor, order_id), _format(), order_id)


@blueprint.get("/orders/<order_id>/tags.csv")
@signed_in
def tags_of_order(order_id: str, actor: Actor) -> Response:
    """The tags of an order's handling units."""
    with services().read() as db:
        get_order(db, order_id, actor)
        units = consignment_of(db, order_id).units
    return tags_answer(units, "sscc-96", order_id)


def _page(actor: Actor, form: Form) -> str:
    with services().read() as db:
        organization = get_organization(db, actor.org_id)
        runs = list_runs(db, actor, PAGE, request.args.get("before"))
        prefix = organization.company_prefix
        left = serials_left(db, prefix) if prefix else {}
    older = runs[-1].id if len(runs) == PAGE else None
    return render_template(
        "labels.html", form=form, runs=runs, prefix=prefix, left=left, older=older, may_write=actor.may_trade
    )


def _format() -> Format:
    wanted = request.args.get("format", "")
    return Format(wanted) if wanted in set(Format) else Format.LABEL


def _draft(form: Form) -> RunDraft | None:
    """What was typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    count, items = read.whole("count", required=True), read.optional_whole("items")
    extension, weight, day = read.optional_whole("extension"), _weight(form), _day(form)
    if form.errors:
        return None
    try:
        contents = contents_of(
            gtin="".join(form.text("gtin").split()) or None,
            count=items,
            lot=form.text("lot") or None,
            best_before=day,
            net_weight_kg=weight,
        )
        return RunDraft(
            count=count,
            extension=extension,
            contents=contents,
            ship_to=form.text("ship_to"),
            goods=form.text("goods"),
            reference=form.text("reference"),
        )
    except FieldErrors as error:
        form.refuse(error)
        if (
            len(error.errors) == 1
            and "count" in error.errors
            and error.errors["count"][0].startswith("label_")
        ):
            form.errors["items"] = form.errors.pop("count")  # the count of GS1 is that of the items inside
        return None


def _weight(form: Form) -> Decimal | None:
    typed = form.text("net_weight_kg").replace(",", "")
    try:
        return Decimal(typed) if typed else None
    except InvalidOperation:
        form.errors["net_weight_kg"] = gettext("Please enter a number")
        return None


def _day(form: Form) -> date | None:
    typed = form.text("best_before")
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        form.errors["best_before"] = gettext("Please enter a date")
        return None
