"""Files of offers: the upload, how far each is, and the rows that were not taken."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.downloads import CSV, download
from haoyun.platform.api.imports import XLSX, import_job, problem_words, report_file
from haoyun.platform.jobs import list_jobs
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.drafts import must_write
from haoyun.platform.publishing.importing.job import IMPORT, enqueue_import
from haoyun.platform.publishing.importing.report import template as template_file
from haoyun.platform.publishing.importing.sheet import MAX_BYTES, MAX_ROWS, read_sheet
from haoyun.platform.services import services

PAGE = 30
blueprint = page_group("imports")


@blueprint.get("/publish/import")
@signed_in
def index(actor: Actor) -> str:
    """The upload and the last files."""
    with services().read() as db:
        jobs, _ = list_jobs(db, org_id=actor.org_id, limit=PAGE, kinds=[IMPORT])
    kinds = [kind for kind in Kind if _may(actor, kind)]
    return render_template(
        "imports.html", jobs=jobs, kinds=kinds, most_rows=MAX_ROWS, most_mb=MAX_BYTES // 2**20
    )


@blueprint.get("/publish/import/<kind>.<form>")
@signed_in
def template(kind: str, form: str, actor: Actor) -> Download | Response:
    """An empty file with the columns."""
    if kind not in set(Kind) or form not in ("csv", "xlsx"):
        return redirect(url_for("imports.index"))
    content = template_file(Kind(kind), language(), form)
    return download(content, XLSX if form == "xlsx" else CSV, f"{kind}.{form}")


@blueprint.post("/publish/import")
@signed_in
def upload(actor: Actor) -> Response:
    """Queue a file; one that is wrong as a whole comes back as a sentence."""
    kind = Kind(request.form["kind"]) if request.form.get("kind") in set(Kind) else Kind.LOAD
    must_write(actor, kind)
    file = request.files.get("file")
    content = file.read() if file else b""
    if file is None or not content:
        flash(gettext("Choose a file first."), "error")
        return redirect(url_for("imports.index"))
    try:
        read_sheet(content, kind)
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
        return redirect(url_for("imports.index"))
    found = services()
    with found.write() as db:
        job = enqueue_import(db, actor, kind, content, file.filename or "", language(), found.now())
    return redirect(url_for("imports.show", job_id=job.id))


@blueprint.get("/publish/import/<job_id>")
@signed_in
def show(job_id: str, actor: Actor) -> str:
    """How far it is, and the rows that were not taken."""
    with services().read() as db:
        job = import_job(db, actor, job_id)
    kind = Kind(job.payload["offers"])
    problems = [
        (one["row"], list(problem_words(kind, one["errors"], language()).values()))
        for one in (job.result or {}).get("problems", [])
    ]
    part = "import_progress.html" if request.headers.get("HX-Request") else "import.html"
    return render_template(part, job=job, problems=problems)


@blueprint.get("/publish/import/<job_id>/report.<form>")
@signed_in
def report(job_id: str, form: str, actor: Actor) -> Download:
    """The rows that were not taken, as a file."""
    with services().read() as db:
        content = report_file(db, import_job(db, actor, job_id), form, language())
    return download(
        content, XLSX if form == "xlsx" else CSV, f"{job_id}.{'xlsx' if form == 'xlsx' else 'csv'}"
    )


def _may(actor: Actor, kind: Kind) -> bool:
    return actor.is_operator or (actor.is_shipper if kind is Kind.LOAD else actor.is_carrier)
