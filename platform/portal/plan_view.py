"""What the page of a job draws of a stored plan: chart, map, routes, and what stayed behind, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from haoyun.platform.jobs import Job, JobState
from haoyun.platform.planning.why import finding_of
from haoyun.platform.portal.curve import curve, profile
from haoyun.platform.portal.formats import count, money, time_in_text
from haoyun.platform.portal.gantt import chart
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.labels import COST_PARTS, LEFT_BEHIND, MEASURES
from haoyun.platform.portal.lanes import collection, line, point
from haoyun.routing.finding import Code, Finding
from haoyun.routing.tasks import clock
from haoyun.routing.words import say

MOST_ROUTES = 60  # on one page; downloads have all
_COLOURS = ("#0f8a78", "#c2571a", "#7a3fa8", "#1c6fc0", "#b8860b", "#c0326a", "#4d7c0f", "#5b6b7c")
# A fleet's loads ask for a skill of their own, which the vehicles have that the market matched with them.
_ABOUT_SKILLS = frozenset({Code.NEEDS_SKILL, Code.OTHER_SKILL})


def labels_of(job: Job) -> dict[str, Any]:
    """What the ids of a plan mean."""
    found = (job.result or {}).get("labels") or {}
    return found if isinstance(found, dict) else {}


def course_of(job: Job) -> dict[str, Any]:
    """The curve of a job's search, for templates."""
    limit_s = float(job.payload.get("time_limit_s", 0))
    seconds = float((job.result or {}).get("seconds", 0)) or limit_s
    return {"curve": curve(job.course, seconds), "cost_words": PlanView(job, {}).cost}


@dataclass(frozen=True, slots=True)
class PlanView:
    """A job's plan and the names of its vehicles."""

    job: Job
    names: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """The variables of the template."""
        result = self.job.result or {}
        routes = result.get("steps", []) if self.job.state is JobState.SUCCEEDED else []
        shown = routes[:MOST_ROUTES]
        drawn = any(route.get("line") for route in routes)
        return {
            "result": result,
            "chart": chart(shown, self.names) if shown else None,
            "has_pauses": any(route.get("pauses") for route in shown),
            "features": collection(_features(routes)) if drawn else None,
            "routes": [self._route(i, route) for i, route in enumerate(shown)],
            "more_routes": len(routes) - len(shown),
            "stops_count": sum(len(route["stops"]) for route in result.get("routes", [])),
            "left_behind": self._left_behind(result),
            **course_of(self.job),
        }

    def cost(self, amount: float) -> str:
        """A cost as the reader counts it: yuan for the own fleet, the request's unit otherwise."""
        return money(round(amount)) if self._is_fleet else count(round(amount, 2))

    def sentences(self, why: Mapping[str, Any]) -> dict[str, list[str]]:
        """An explanation as sentences: what stands in the way, what would serve it."""
        return {
            part: [self._said(found) for one in why[part] if self._tells_something(found := finding_of(one))]
            for part in ("obstacles", "relaxations")
        }

    @property
    def _is_fleet(self) -> bool:
        return self.job.payload.get("plan") == "my_fleet"

    def _tells_something(self, finding: Finding) -> bool:
        return not (self._is_fleet and finding.code is Code.OTHER_SKILL)

    def _said(self, finding: Finding) -> str:
        if self._is_fleet and finding.code is Code.NEEDS_SKILL:
            return gettext("%(n)s of the offered vehicles match it", n=dict(finding.figures)["vehicles"])
        tongue: Literal["zh", "en"] = "zh" if language() == "zh" else "en"
        return say(self._in_words(finding), tongue, when=self._when, name=self._name)

    def _in_words(self, finding: Finding) -> Finding:
        figures = dict(finding.figures)
        if "dimension" in figures:
            measure = str(figures["dimension"])
            figures["dimension"] = str(MEASURES.get(measure, measure))
        return Finding(finding.code, finding.vehicle, tuple(figures.items()), finding.price)

    def _when(self, seconds: int) -> str:
        origin = labels_of(self.job).get("origin_time")
        if origin is None:
            return clock(seconds)
        return time_in_text(datetime.fromisoformat(origin) + timedelta(seconds=seconds))

    def _name(self, vehicle: object) -> str:
        return self.names.get(str(vehicle), str(vehicle))

    def _left_behind(self, result: Mapping[str, Any]) -> list[dict[str, Any]]:
        explained = {(one["kind"], one["id"]): one for one in result.get("why", [])}
        lanes = labels_of(self.job).get("shipments", {})
        return [
            {
                "kind": entry.get("kind", ""),
                "id": entry["id"],
                "what": _lane_words(lanes[str(entry["id"])])
                if str(entry["id"]) in lanes
                else str(entry["id"]),
                "reasons": [str(LEFT_BEHIND.get(r["code"], r["text"])) for r in entry["reasons"]],
                "why": self.sentences(explained[key])
                if (key := (entry.get("kind", ""), entry["id"])) in explained
                else None,
            }
            for entry in result.get("why_unassigned", [])
        ]

    def _route(self, number: int, route: Mapping[str, Any]) -> dict[str, Any]:
        stops = [step for step in route["steps"] if step["kind"] not in ("start", "end")]
        slack = [step["slack_s"] for step in stops if step.get("slack_s") is not None]
        vehicle = str(route["vehicle"])
        return {
            "vehicle": self.names.get(vehicle, vehicle),
            "id": vehicle,
            "colour": _COLOURS[number % len(_COLOURS)],
            "distance_m": route["distance_m"],
            "duration_s": route["duration_s"],
            "cost": self.cost(route["cost"]) if "cost" in route else "",
            "parts": [(COST_PARTS[name], self.cost(value)) for name, value in route.get("parts", {}).items()],
            "slack_s": min(slack, default=None),
            "profile": profile(route["steps"]),
            "fullest": max((max(step.get("filled") or [0]) for step in route["steps"]), default=0),
            "stops": [self._stop(step) for step in stops],
        }

    def _stop(self, step: Mapping[str, Any]) -> dict[str, Any]:
        labels = labels_of(self.job)
        lane = labels.get("shipments", {}).get(str(step["id"])) or {}
        place = lane.get("to" if step["kind"] == "delivery" else "from") or {}
        origin = labels.get("origin_time")
        at_s = step["start_service_s"]
        return {
            "kind": step["kind"],
            "where": place.get(language()) or str(step["id"]),
            "goods": lane.get("goods", ""),
            "at": datetime.fromisoformat(origin) + timedelta(seconds=at_s) if origin else None,
            "at_s": clock(at_s),
            "slack_s": step.get("slack_s"),
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
                label = f"{route['vehicle']} · {step['id']}"
                features.append(point(step["lat"], step["lon"], colour=colour, size=5, label=label))
    return features


def _lane_words(lane: Mapping[str, Any]) -> str:
    return f"{lane['from'][language()]} → {lane['to'][language()]} · {lane['goods']}"
