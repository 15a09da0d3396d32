"""Dispatch: optimization jobs, their progress, and the routes they found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.jobs import BadMove, Job, JobState, cancel, enqueue, get_job, list_jobs
from haoyun.platform.market.errors import NotAllowed
from haoyun.platform.market.store import plates_of
from haoyun.platform.planning import OPTIMIZE
from haoyun.platform.portal.gantt import chart
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.lanes import collection, line, point
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.services import services

PAGE = 30
_TIME_LIMITS_S = (3, 10, 30)
_OBJECTIVES = ("distance", "vehicles", "cost")
_COLOURS = ("#0f8a78", "#c2571a", "#7a3fa8", "#1c6fc0", "#b8860b", "#c0326a", "#4d7c0f", "#5b6b7c")

blueprint = page_group("jobs")


@blueprint.get("/dispatch")
@signed_in
def index(actor: Actor) -> str:
    """The jobs of the own organization, the newest first, and the button that starts one."""
    with services().read() as db:
        jobs, following = list_jobs(db, org_id=_scope(actor), limit=PAGE, after=request.args.get("after"))
    template = "jobs_list.html" if request.headers.get("HX-Request") else "jobs.html"
    return render_template(
        template,
        jobs=jobs,
        following=following,
        limits=_TIME_LIMITS_S,
        objectives=_OBJECTIVES,
        may_start=_may_start(actor),
    )


@blueprint.post("/dispatch")
@signed_in
def start(actor: Actor) -> Response:
    """Queue a plan for the own fleet."""
    if not _may_start(actor):
        raise NotAllowed("not_carrier")
    objective = request.form.get("objective", "")
    limit_s = request.form.get("time_limit_s", "")
    payload = {
        "plan": "my_fleet",
        "objective": objective if objective in _OBJECTIVES else _OBJECTIVES[0],
        "time_limit_s": float(limit_s)
        if limit_s in {str(one) for one in _TIME_LIMITS_S}
        else _TIME_LIMITS_S[0],
        "seed": 0,
    }
    found = services()
    with found.write() as db:
        job = enqueue(
            db, kind=OPTIMIZE, org_id=actor.org_id, user_id=actor.user_id, payload=payload, now=found.now()
        )
    return redirect(url_for("jobs.show", job_id=job.id))


@blueprint.get("/dispatch/<job_id>")
@signed_in
def show(job_id: str, actor: Actor) -> str | Response:
    """Progress while it runs, then the routes; a page that waits is told to reload when the job has ended."""
    with services().read() as db:
        job = get_job(db, job_id, org_id=_scope(actor))
        names = _vehicle_names(db, job)
    if request.headers.get("HX-Request"):
        if job.ended:
            return Response(status=204, headers={"HX-Refresh": "true"})
        return render_template("job_progress.html", job=job)
    return render_template(
        "job.html", job=job, may_cancel=actor.may_trade and not job.ended, **_plan(job, names)
    )


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
    vehicles = _labels(job).get("vehicles", {})
    plates = plates_of(db, {one["vehicle_id"] for one in vehicles.values()})
    return {key: plates.get(one["vehicle_id"], key) for key, one in vehicles.items()}


def _labels(job: Job) -> dict[str, Any]:
    found = (job.result or {}).get("labels") or {}
    return found if isinstance(found, dict) else {}


def _plan(job: Job, names: dict[str, str]) -> dict[str, Any]:
    """What the page draws of a plan: the chart, the routes on the map, the stops in words."""
    result = job.result or {}
    routes = result.get("steps", []) if job.state is JobState.SUCCEEDED else []
    shipments = _labels(job).get("shipments", {})
    origin = _labels(job).get("origin_time")
    began = datetime.fromisoformat(origin) if origin else None
    return {
        "result": result,
        "chart": chart(routes, names) if routes else None,
        "features": collection(_features(routes)) if any(route.get("line") for route in routes) else None,
        "routes": [_route(i, route, names, shipments, began) for i, route in enumerate(routes)],
        "lanes": {key: _lane_words(one) for key, one in shipments.items()},
    }


def _features(routes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    features = []
    for i, route in enumerate(routes):
        colour = _COLOURS[i % len(_COLOURS)]
        if len(route.get("line") or ()) > 1:
            lonlat = [[lon, lat] for lat, lon in route["line"]]
            features.append(line(lonlat, id=str(route["vehicle"]), colour=colour, opacity=0.85))
        for step in route["steps"]:
            if "lat" in step and step["kind"] not in ("start", "end"):
                features.append(
                    point(step["lat"], step["lon"], colour=colour, size=5, label=str(step["kind"]))
                )
    return features


def _route(
    i: int, route: dict[str, Any], names: dict[str, str], shipments: dict[str, Any], began: datetime | None
) -> dict[str, Any]:
    stops = [step for step in route["steps"] if step["kind"] not in ("start", "end")]
    return {
        "vehicle": names.get(str(route["vehicle"]), str(route["vehicle"])),
        "id": str(route["vehicle"]),
        "colour": _COLOURS[i % len(_COLOURS)],
        "distance_m": route["distance_m"],
        "duration_s": route["duration_s"],
        "stops": [_stop(step, shipments.get(str(step["id"])), began) for step in stops],
        "stops_count": len(stops),
    }


def _lane_words(lane: dict[str, Any]) -> str:
    return f"{lane['from'][language()]} → {lane['to'][language()]} · {lane['goods']}"


def _stop(step: dict[str, Any], lane: dict[str, Any] | None, began: datetime | None) -> dict[str, Any]:
    place = (lane or {}).get("to" if step["kind"] == "delivery" else "from") or {}
    return {
        "kind": step["kind"],
        "where": place.get(language()) or str(step["id"]),
        "goods": (lane or {}).get("goods", ""),
        "at": began + timedelta(seconds=step["start_service_s"]) if began else None,
        "at_s": step["start_service_s"],
    }
