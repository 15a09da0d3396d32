"""Problems as files in, plans as files out, and why something stayed behind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import Field, ValidationError

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.jobs import JobOptions, JobOut
from haoyun.platform.api.language import language
from haoyun.platform.api.problems import Problem, field_errors, not_found
from haoyun.platform.api.resource import PREFIX, Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.jobs import Job, get_job
from haoyun.platform.planning.intake import Upload, enqueue_upload
from haoyun.platform.planning.stored import planned
from haoyun.platform.planning.why import explain_one
from haoyun.platform.services import services
from haoyun.routing.formats.writers import Output as Form
from haoyun.routing.formats.writers import write_plan
from haoyun.routing.words import say

blueprint = resource("plans", "Plans")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONTENT_TYPES = {
    Form.SUMMARY: ("application/json", "json"),
    Form.VROOM: ("application/json", "json"),
    Form.GEOJSON: ("application/geo+json", "geojson"),
    Form.CSV: ("text/csv; charset=utf-8", "csv"),
    Form.XLSX: (_XLSX, "xlsx"),
}


class PlanQuery(Input):
    """The form of a plan; csv and xlsx in a language."""

    output: Literal["summary", "vroom", "geojson", "csv", "xlsx"] = "summary"
    lang: Literal["zh", "en"] | None = None


class WhyQuery(Input):
    """Which task: a job or a shipment (by the id of its pickup in VROOM's JSON)."""

    kind: Literal["job", "shipment"]
    id: Annotated[str, Field(max_length=200)]


class FindingOut(Output):
    """One constraint or relaxation: code, vehicle, figures, and the sentence in the caller's language."""

    code: str
    vehicle: int | str | None
    figures: dict[str, Any]
    text: str


class WhyOut(Output):
    """What stands in the way, and what would serve the task, each alone, the cheapest first."""

    obstacles: list[FindingOut]
    relaxations: list[FindingOut]


@blueprint.post("/jobs/file")
@trading
@blueprint.output(JobOut, 202)
@blueprint.doc(summary="Start an optimization of a file", security="bearer", responses=[401, 403, 413, 422])
def create_from_file(actor: Actor) -> object:
    """Queue the problem in `file` (multipart/form-data): VROOM JSON, orders and vehicles as .xlsx or CSV, or an
    academic instance, also gzipped. `vehicles` is a second CSV beside orders; the other fields are the options.
    """
    given = request.files.get("file")
    if given is None:
        raise Problem(422, errors={"file": "give the problem as the form's file"})
    vehicles = request.files.get("vehicles")
    upload = Upload(
        content=given.read(),
        vehicles=vehicles.read() if vehicles else None,
        options=_options(dict(request.form)).model_dump(exclude_none=True),
        name=given.filename or "",
    )
    upload.read()  # what cannot be is refused before it waits
    found = services()
    now = found.now()
    with found.write() as db:
        job_id = once_for(db, actor, "job", now, lambda: enqueue_upload(db, actor, upload, now).id)
        job = get_job(db, job_id)
    return job, 202, {"Location": f"{PREFIX}/jobs/{job.id}"}


def _options(form: dict[str, str]) -> JobOptions:
    try:
        return JobOptions.model_validate(form)
    except ValidationError as error:
        raise Problem(422, errors=dict(field_errors(error.errors()))) from None


@blueprint.get("/jobs/<job_id>/plan")
@signed_in
@blueprint.input(PlanQuery, location="query")
@blueprint.doc(summary="A plan as a file", security="bearer", responses=[401, 404, 409, 422])
def get_plan(actor: Actor, job_id: str, query_data: PlanQuery) -> Response:
    """The plan as VROOM's answer, GeoJSON, CSV, a workbook or a summary."""
    form = Form(query_data.output)
    read, plan = planned(services().databases.platform, _job(actor, job_id))
    content = write_plan(read, plan, form, query_data.lang or ("zh" if language() == "zh" else "en"))
    return plan_response(content, form, job_id)


def plan_response(content: bytes, form: Form, job_id: str) -> Response:
    """The download of a plan."""
    kind, suffix = CONTENT_TYPES[form]
    response = Response(content, content_type=kind)
    if form in (Form.CSV, Form.XLSX, Form.GEOJSON):
        response.headers["Content-Disposition"] = f'attachment; filename="{job_id}.{suffix}"'
    return response


@blueprint.get("/jobs/<job_id>/why")
@signed_in
@blueprint.input(WhyQuery, location="query")
@blueprint.output(WhyOut)
@blueprint.doc(summary="Why something stayed behind", security="bearer", responses=[401, 404, 409, 422])
def get_why(actor: Actor, job_id: str, query_data: WhyQuery) -> object:
    """What stands in the way of a task that the plan leaves behind, and what would serve it."""
    read, plan = planned(services().databases.platform, _job(actor, job_id))
    why = explain_one(read.problem, plan, query_data.kind, query_data.id)
    if why is None:
        raise not_found()
    tongue: Literal["zh", "en"] = "zh" if language() == "zh" else "en"
    return {
        part: [
            {
                "code": one.code.value,
                "vehicle": one.vehicle,
                "figures": dict(one.figures),
                "text": say(one, tongue),
            }
            for one in findings
        ]
        for part, findings in (("obstacles", why.obstacles), ("relaxations", why.relaxations))
    }


def _job(actor: Actor, job_id: str) -> Job:
    with services().read() as db:
        return get_job(db, job_id, org_id=None if actor.sees_all else actor.org_id)
