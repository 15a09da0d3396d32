"""Files of loads and capacities: 202 now, what became of each row when it is done."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.downloads import CSV, download
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.language import language
from haoyun.platform.api.resource import PREFIX, Input, Output, resource
from haoyun.platform.api.retries import idempotency_key
from haoyun.platform.idempotency import once
from haoyun.platform.jobs import Job, find_attached, get_job
from haoyun.platform.market.errors import Conflict, NotFound
from haoyun.platform.market.words import sentence
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.importing.job import IMPORT, REPORT, enqueue_import
from haoyun.platform.publishing.importing.report import column_name, report_csv, report_xlsx, template, unpack
from haoyun.platform.publishing.importing.sheet import read_sheet
from haoyun.platform.services import services

blueprint = resource("imports", "Imports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Form = Literal["csv", "xlsx"]


class ImportQuery(Input):
    """What the file holds."""

    kind: Kind = Kind.LOAD
    name: Annotated[str, Field(max_length=120, description="the file's name, for people")] = ""


class TemplateQuery(Input):
    """Which template."""

    kind: Kind = Kind.LOAD
    form: Form = "csv"


class ReportQuery(Input):
    """Which form of the report."""

    form: Form = "csv"


class RowProblem(Output):
    """A row that was not taken: by field, the column and what is wrong."""

    row: int
    errors: dict[str, str]


class ImportOut(Output):
    """An import. `problems` names the first rows that were not taken; the report has all of them."""

    id: str
    kind: Kind
    file: str
    state: str
    progress: float
    rows: int | None
    imported: int | None
    failed: int | None
    problems: list[RowProblem]
    error: str | None
    created_at: datetime
    finished_at: datetime | None


@blueprint.get("/imports/template")
@signed_in
@blueprint.input(TemplateQuery, location="query")
@blueprint.doc(summary="An empty file with the columns", security="bearer", responses=[401, 422])
def get_template(actor: Actor, query_data: TemplateQuery) -> Response:
    """A CSV or XLSX file in the caller's language with one row as an example."""
    content = template(query_data.kind, language(), query_data.form)
    kind = XLSX if query_data.form == "xlsx" else CSV
    return download(content, kind, f"{query_data.kind.value}.{query_data.form}")


@blueprint.post("/imports")
@trading
@blueprint.input(ImportQuery, location="query")
@blueprint.output(ImportOut, 202)
@blueprint.doc(summary="Import a file of offers", security="bearer", responses=[401, 403, 413, 422])
def create(actor: Actor, query_data: ImportQuery) -> object:
    """The body is the file: CSV (UTF-8, UTF-16 or GBK) or XLSX. A file that is wrong as a whole is refused at once."""
    found, now, content = services(), services().now(), request.get_data()
    read_sheet(content, query_data.kind)
    digest = f"{query_data.kind.value}:{hashlib.sha256(content).hexdigest()}"

    def work() -> str:
        return enqueue_import(db, actor, query_data.kind, content, query_data.name, language(), now).id

    with found.write() as db:
        job_id = once(db, f"import:{actor.user_id}", idempotency_key(), digest, now, work)
        job = get_job(db, job_id)
    return import_out(job), 202, {"Location": f"{PREFIX}/imports/{job.id}"}


@blueprint.get("/imports/<import_id>")
@signed_in
@blueprint.output(ImportOut)
@blueprint.doc(summary="What became of an import", security="bearer", responses=[401, 404])
def get_one(actor: Actor, import_id: str) -> object:
    """How far it is, and what became of the rows."""
    with services().read() as db:
        return import_out(import_job(db, actor, import_id))


@blueprint.get("/imports/<import_id>/report")
@signed_in
@blueprint.input(ReportQuery, location="query")
@blueprint.doc(summary="The rows that were not taken", security="bearer", responses=[401, 404, 409, 422])
def get_report(actor: Actor, import_id: str, query_data: ReportQuery) -> Response:
    """The rows with what is wrong, as a file that can be corrected and sent again."""
    with services().read() as db:
        content = report_file(db, import_job(db, actor, import_id), query_data.form, language())
    kind = XLSX if query_data.form == "xlsx" else CSV
    return download(content, kind, f"{import_id}.{query_data.form}")


def import_job(db: Any, actor: Actor, import_id: str) -> Job:
    """An import of the organization (the operator and supervisors see all). Raises NoSuchJob, NotFound."""
    job = get_job(db, import_id, org_id=None if actor.sees_all else actor.org_id)
    if job.kind != IMPORT:
        raise NotFound
    return job


def report_file(db: Any, job: Job, form: str, in_language: str) -> bytes:
    """The report of an import that has ended. Raises Conflict before."""
    content = find_attached(db, job.id, REPORT)
    if content is None:
        raise Conflict("import_running")
    header, rows = unpack(content)
    make = report_xlsx if form == "xlsx" else report_csv
    return make(header, rows, Kind(job.payload["offers"]), in_language)


def import_out(job: Job) -> dict[str, Any]:
    """An import as the API shows it, in the caller's language."""
    kind, result = Kind(job.payload["offers"]), job.result or {}
    return {
        "id": job.id,
        "kind": kind,
        "file": job.payload["file"],
        "state": job.state.value,
        "progress": job.progress,
        "rows": result.get("rows"),
        "imported": result.get("imported"),
        "failed": result.get("failed"),
        "problems": [
            {"row": one["row"], "errors": problem_words(kind, one["errors"], language())}
            for one in result.get("problems", [])
        ],
        "error": job.error,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def problem_words(kind: Kind, errors: dict[str, Any], in_language: str) -> dict[str, str]:
    """By field: its column, and what is wrong."""
    return {
        field: f"{column_name(kind, field, in_language)}: {sentence(key, params, in_language)}"
        for field, (key, params) in errors.items()
    }
