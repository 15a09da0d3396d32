"""Capture of documents, and the jobs that tell what became of them."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from haoyun.platform.api.app_parts import MAX_BODY_BYTES
from haoyun.platform.api.language import language
from haoyun.platform.epcis_api import problems
from haoyun.platform.epcis_api.access import PREFIX, group, reading, writing
from haoyun.platform.epcis_api.negotiation import body_is_xml, check_capture_version, discovery, wants_xml
from haoyun.platform.epcis_api.pages import answer_json, cut, name_token, per_page
from haoyun.platform.epcis_api.problems import EpcisProblem, of_faults
from haoyun.platform.ids import new_id
from haoyun.platform.services import services
from haoyun.rfid_ingest.epcis.documents.capture import Capture, read_json
from haoyun.rfid_ingest.epcis.documents.xml_reader import read_xml
from haoyun.rfid_ingest.epcis.documents.xml_writer import capture_job
from haoyun.rfid_ingest.epcis.errors import InvalidQuery
from haoyun.rfid_ingest.epcis.model import rfc3339
from haoyun.rfid_ingest.epcis.repository.capture import MOST_EVENTS, Behaviour, Prepared, prepare, store
from haoyun.rfid_ingest.epcis.repository.jobs import CaptureJob, get_job, keep_job, list_jobs
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.tracking.instants import to_ms

LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(MAX_BODY_BYTES),
}
problems.LIMITS.update(LIMITS)
blueprint = group("capture")
# Documents are checked one after the other. The interpreter computes for one thread at a time anyway, and those that
# wait for its lock wake every half millisecond to ask for it again; those that wait for a turn sleep. A large document
# takes no turn: it would hold up all others for its whole length.
_turn = threading.Lock()
MOST_EVENTS_OF_A_TURN = 500


@blueprint.post("/capture")
@writing
def post_document(org_id: str) -> Response:
    """Store a document's events. They are stored, or refused, when the answer comes; the job tells which."""
    check_capture_version()
    how = _behaviour()
    document = read_body()
    found = services()
    created = found.now()
    prepared = _prepared(document)
    if len(document.events) > MOST_EVENTS:
        raise EpcisProblem(413, of_faults(tuple(prepared.faults)).detail, headers=LIMITS)
    job_id = new_id("capture")

    def keep(db: sa.Connection) -> None:
        outcome = store(db, org_id, prepared, how, found.now())
        keep_job(
            db, org_id, job_id, events=len(document.events), outcome=outcome, behaviour=how, created=created,
            finished=found.now(),
        )  # fmt: skip

    found.captures.run(keep)
    return Response(
        status=202, headers={"Location": f"{PREFIX}/capture/{job_id}", "GS1-Capture-Error-Behaviour": how}
    )


def _prepared(document: Capture) -> Prepared:
    if len(document.events) > MOST_EVENTS_OF_A_TURN:
        return prepare(document)
    with _turn:
        return prepare(document)


def read_body() -> Capture:
    """The document of this request. Raises EpcisProblem (415), MalformedDocument."""
    return read_xml(request.get_data()) if body_is_xml() else read_json(request.get_data())


def _behaviour() -> Behaviour:
    given = request.headers.get("GS1-Capture-Error-Behaviour", Behaviour.ROLLBACK.value)
    try:
        return Behaviour(given)
    except ValueError:
        raise EpcisProblem(
            400, f"GS1-Capture-Error-Behaviour: write rollback or proceed, not {given[:40]!r}"
        ) from None


@blueprint.get("/capture")
@reading
def get_jobs(org_id: str) -> Response:
    """The capture jobs of the caller's organization, newest first."""
    wants_xml(offered=False)
    limit = per_page()
    with services().read_tracking() as db:
        jobs = list_jobs(db, org_id, limit + 1, _before(name_token(db, find_owner(db, org_id))))
    shown, headers = cut(jobs, limit, lambda job: f"{to_ms(job.created_at)} {job.id}")
    return answer_json([_job(job) for job in shown], 200, headers)


def _before(name: str) -> tuple[int, str] | None:
    created, _blank, job_id = name.partition(" ")
    if name and not (created.isascii() and created.isdigit() and len(created) < 16):
        raise InvalidQuery("nextPageToken: this is no token that was given out here")
    return (int(created), job_id) if name else None


@blueprint.get("/capture/<job_id>")
@reading
def get_one(org_id: str, job_id: str) -> Response:
    """What became of a document."""
    as_xml = wants_xml()
    with services().read_tracking() as db:
        job = _job(get_job(db, org_id, job_id))
    return Response(capture_job(job), content_type="application/xml") if as_xml else answer_json(job)


def _job(job: CaptureJob) -> dict[str, Any]:
    return {
        "captureID": job.id,
        "createdAt": _instant(job.created_at),
        "finishedAt": _instant(job.finished_at),
        "running": False,
        "success": job.success,
        "captureErrorBehaviour": job.behaviour.value,
        "errors": [_error(error) for error in job.errors],
        # openapi.json wants exactly one of errors and errorFile to fit, and an absent one fits: so it is there.
        "errorFile": None,
    }


def _instant(moment: datetime) -> str:
    return rfc3339(moment)


def _error(error: dict[str, str]) -> dict[str, Any]:
    detail = f"{error['path'] or '/'}: {error[language()]}"
    return {**problems.members(EpcisProblem(400, detail))}


@blueprint.route("/capture", methods=["OPTIONS"])
@reading
def options(org_id: str) -> Response:
    """What the capture interface takes."""
    return discovery("OPTIONS, GET, POST", {**LIMITS, "GS1-Capture-Error-Behaviour": ", ".join(Behaviour)})


@blueprint.route("/capture/<job_id>", methods=["OPTIONS"])
@reading
def options_of_job(org_id: str, job_id: str) -> Response:
    """What a capture job answers to."""
    with services().read_tracking() as db:
        get_job(db, org_id, job_id)
    return discovery("OPTIONS, GET")
