"""The forms in which a plan is handed out."""

from __future__ import annotations

from enum import StrEnum

import orjson

from haoyun.routing.formats.geojson import as_geojson
from haoyun.routing.formats.plan_files import plan_csv, plan_xlsx
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.formats.words import Language
from haoyun.routing.plan import Plan
from haoyun.routing.report import as_json


class Output(StrEnum):
    """A form of a plan."""

    SUMMARY = "summary"  # one JSON object: figures, and the stops of each route
    VROOM = "vroom"
    GEOJSON = "geojson"
    CSV = "csv"
    XLSX = "xlsx"


def write_plan(read: ReadResult, plan: Plan, output: Output, language: Language = "en") -> bytes:
    """The plan of a problem that was read, as the content of a file.

    Raises BadFormat where the problem's file lacks what the form needs.
    """
    problem, legend = read.problem, read.legend
    match output:
        case Output.SUMMARY:
            return orjson.dumps(as_json(problem, plan, legend)) + b"\n"
        case Output.VROOM:
            return orjson.dumps(as_vroom(problem, plan, legend)) + b"\n"
        case Output.GEOJSON:
            return orjson.dumps(as_geojson(problem, plan, legend)) + b"\n"
        case Output.CSV:
            return plan_csv(problem, plan, legend, language).encode()
        case Output.XLSX:
            return plan_xlsx(problem, plan, legend, language)
