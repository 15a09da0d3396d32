"""Which VRPLIB types, keys and sections are read, and why the others are not."""

from __future__ import annotations

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.vrplib_text import Document

TYPES = (
    "CVRP", "ACVRP", "DCVRP", "OVRP", "VRPTW", "CVRPTW", "HFVRP", "HVRP", "FSMVRP", "MDVRP", "MDVRPTW", "PDPTW",
    "PCVRPTW", "MTVRPTWR", "VRPSPD",
)  # fmt: skip
_HEAD = {
    "NAME", "COMMENT", "TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "EDGE_DATA_FORMAT",
    "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE", "CAPACITY", "VEHICLES", "SERVICE_TIME", "DISTANCE", "DEPOT",
    "VEHICLES_MAX_DISTANCE", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_MAX_DURATION",
    "VEHICLES_MAX_RELOADS",
}  # fmt: skip
_SECTIONS = {
    "NODE_COORD", "DISPLAY_DATA", "EDGE_WEIGHT", "DEMAND", "LINEHAUL", "BACKHAUL", "DEPOT", "SERVICE_TIME",
    "TIME_WINDOW", "PICKUP_AND_DELIVERY", "CAPACITY", "VEHICLES_DEPOT", "VEHICLES_MAX_DISTANCE",
    "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_ALLOWED_CLIENTS", "VEHICLES_MAX_DURATION",
    "VEHICLES_RELOAD_DEPOT", "VEHICLES_MAX_RELOADS", "PRIZE", "RELEASE_TIME",
}  # fmt: skip
# What each would need of a Problem; a section without rows asks for nothing.
_NEEDS = {"MUTUALLY_EXCLUSIVE_GROUP": "groups of stops of which exactly one is served"}


def refuse_unsupported(document: Document) -> None:
    """BadFormat for a type, key or section that would change the answer and cannot be expressed."""
    kind = document.word("TYPE", "CVRP").upper()
    if kind not in TYPES:
        raise BadFormat(f"TYPE {kind} is not supported; {', '.join(TYPES)} are")
    for name, need in _NEEDS.items():
        if document.has(name) and not _idle(document, name):
            ending = "_SECTION" if name in document.sections else ""
            raise BadFormat(f"{name}{ending} is not supported: it needs {need}")
    for name, (line, _) in document.head.items():
        if name not in _HEAD and name not in _NEEDS:
            raise BadFormat(f"line {line}: {name} is not a key known here, so it cannot be honoured")
    for name, section in document.sections.items():
        if name not in _SECTIONS and name not in _NEEDS:
            raise BadFormat(
                f"line {section.line}: {section.name} is not known here, so it cannot be honoured"
            )


def _idle(document: Document, name: str) -> bool:
    return name in document.sections and not document.sections[name].rows
