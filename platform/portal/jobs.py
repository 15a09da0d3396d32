"""Dispatch: optimization jobs, their progress, and the routes they found."""

from __future__ import annotations

from typing import Any

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.plans import CONTENT_TYPES
from haoyun.platform.jobs import BadMove, Job, ask_to_finish, cancel, enqueue, get_job, list_jobs
from haoyun.platform.market.errors import NotAllowed
from haoyun.platform.market.store import plates_of
from haoyun.platform.planning import MAX_STOPS, OPTIMIZE
from haoyun.platform.planning.intake import Upload, enqueue_upload
from haoyun.platform.planning.stored import planned
from haoyun.platform.planning.why import as_document, explain_one
from haoyun.platform.portal.error_pages import error_page
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.portal.plan_view import PlanView, course_of, labels_of
from haoyun.platform.rounds.job import ROUND
from haoyun.platform.services import services
from haoyun.routing import BadFormat
from haoyun.routing.formats.sheet_template import template_xlsx
from haoyun.routing.formats.writers import Output

PAGE = 30
_TIME_LIMITS_S = (3, 10, 30)
_OBJECTIVES = ("distance", "vehicles", "cost")

blueprint = page_group("jobs")


@blueprint.get("/dispatch")
@signed_in
def index(actor: Actor) -> str:
    """The jobs of the own organization, the newest first, and the button that starts one."""
    with services().read() as db:
        jobs, following = list_jobs(
            db, org_id=_scope(actor), limit=PAGE, after=request.args.get("after"), kinds=[OPTIMIZE]
        )
    template = "jobs_list.html" if request.headers.get("HX-Request") else "jobs.html"
    return render_template(
        template,
        jobs=jobs,
        following=following,
        limits=_TIME_LIMITS_S,
        objectives=_OBJECTIVES,
        may_start=_may_start(actor),
        may_upload=actor.may_trade,
        most_stops=MAX_STOPS,
    )


@blueprint.post("/dispatch")
@signed_in
def start(actor: Actor) -> Response:
    """Queue a plan for the own fleet."""
    if not _may_start(actor):
        raise NotAllowed("not_carrier")
    payload = {"plan": "my_fleet", **_options()}
    found = services()
    with found.write() as db:
        job = enqueue(
            db, kind=OPTIMIZE, org_id=actor.org_id, user_id=actor.user_id, payload=payload, now=found.now()
        )
    return redirect(url_for("jobs.show", job_id=job.id))


@blueprint.post("/dispatch/file")
@signed_in
def upload(actor: Actor) -> Response:
    """Queue the plan of a file; what cannot be read comes back as a sentence."""
    if not actor.may_trade:
        raise NotAllowed("role")
    file, vehicles = request.files.get("file"), request.files.get("vehicles")
    if not file:
        flash(gettext("Choose a file first."), "error")
        return redirect(url_for("jobs.index"))
    given = Upload(file.read(), vehicles.read() if vehicles else None, _options(), file.filename or "")
    try:
        given.read()
    except BadFormat as error:
        flash(str(error), "error")
        return redirect(url_for("jobs.index"))
    found = services()
    with found.write() as db:
        job = enqueue_upload(db, actor, given, found.now())
    return redirect(url_for("jobs.show", job_id=job.id))


@blueprint.get("/dispatch/template.xlsx")
@signed_in
def template(actor: Actor) -> Download:
    """An empty workbook of orders and vehicles in the reader's language."""
    content = template_xlsx("zh" if language() == "zh" else "en")
    kind, _ = CONTENT_TYPES[Output.XLSX]
    disposition = {"Content-Disposition": 'attachment; filename="orders.xlsx"'}
    return Download(content, content_type=kind, headers=disposition)


def _options() -> dict[str, Any]:
    objective, limit_s = request.form.get("objective", ""), request.form.get("time_limit_s", "")
    known = {str(one): float(one) for one in _TIME_LIMITS_S}
    return {
        "objective": objective if objective in _OBJECTIVES else _OBJECTIVES[0],
        "time_limit_s": known.get(limit_s, float(_TIME_LIMITS_S[0])),
        "threads": 2,  # fewer where the machine has fewer
        "seed": 0,
    }


@blueprint.get("/dispatch/<job_id>")
@signed_in
def show(job_id: str, actor: Actor) -> str | Response:
    """Progress while it runs, then the routes; a page that waits is told to reload when the job has ended."""
    with services().read() as db:
        job = get_job(db, job_id, org_id=_scope(actor))
        names = _vehicle_names(db, job)
    if job.kind == ROUND:
        made = job.result["round_id"] if job.result else None
        if job.error:
            flash(job.error, "error")
        return redirect(url_for("rounds.show", round_id=made) if made else url_for("rounds.index"))
    if request.headers.get("HX-Request"):
        if job.ended:
            return Response(status=204, headers={"HX-Refresh": "true"})
        return render_template("job_progress.html", job=job, **course_of(job))
    may_cancel = actor.may_trade and not job.ended
    return render_template("job.html", job=job, may_cancel=may_cancel, **PlanView(job, names).document())


@blueprint.get("/dispatch/<job_id>/why")
@signed_in
def why(job_id: str, actor: Actor) -> str | Any:
    """Why something stayed behind, looked for when somebody asks."""
    found = services()
    with found.read() as db:
        job = get_job(db, job_id, org_id=_scope(actor))
        names = _vehicle_names(db, job)
    try:
        read, plan = planned(found.databases.platform, job)
    except BadMove:
        return error_page(404)
    kind, name = request.args.get("kind", ""), request.args.get("id", "")
    explained = explain_one(read.problem, plan, kind, name)
    if explained is None:
        return error_page(404)
    return render_template("job_why.html", why=PlanView(job, names).sentences(as_document(explained)))


@blueprint.post("/dispatch/<job_id>/finish")
@signed_in
def finish(job_id: str, actor: Actor) -> Response:
    """End a search at once with the best plan so far."""
    if not actor.may_trade:
        raise NotAllowed("role")
    found = services()
    try:
        with found.write() as db:
            ask_to_finish(db, job_id, found.now(), org_id=None if actor.is_operator else actor.org_id)
        flash(gettext("The search ends with the best plan so far."), "success")
    except BadMove:
        flash(gettext("There is no search to end."), "error")
    return redirect(url_for("jobs.show", job_id=job_id))


@blueprint.post("/dispatch/<job_id>/cancel")
@signed_in
def stop(job_id: str, actor: Actor) -> Response:
    """End a job that has not ended."""
    if not actor.may_trade:
        raise NotAllowed("role")
    found = services()
    try:
        with found.write() as db:
            cancel(db, job_id, found.now(), org_id=None if actor.is_operator else actor.org_id)
        flash(gettext("The job was cancelled."), "success")
    except BadMove:
        flash(gettext("The job had ended already."), "error")
    return redirect(url_for("jobs.show", job_id=job_id))


def _scope(actor: Actor) -> str | None:
    return None if actor.sees_all else actor.org_id


def _may_start(actor: Actor) -> bool:
    return actor.may_trade and actor.is_carrier


def _vehicle_names(db: Any, job: Job) -> dict[str, str]:
    """Plates by the id that the plan uses for a vehicle."""
    vehicles = labels_of(job).get("vehicles", {})
    plates = plates_of(db, {one["vehicle_id"] for one in vehicles.values()})
    return {key: plates.get(one["vehicle_id"], key) for key, one in vehicles.items()}
