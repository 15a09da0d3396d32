"""Prizes of VRPLIB files: what serving a stop is worth against distance; where others have one, 0 means required."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.vrplib_text import Document
from haoyun.routing.tasks import Job, Shipment, Task

AnyTask = TypeVar("AnyTask", Job, Shipment)


@dataclass(frozen=True, slots=True)
class Prizes:
    """A prize a node, in the unit of the costs; empty where the file has none but zeros."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, document: Document, size: int, jobs: Sequence[Job], shipments: Sequence[Shipment]) -> Prizes:
        """What the file's PRIZE_SECTION says; BadFormat for a negative prize."""
        if "PRIZE" not in document.sections:
            return cls(())
        rows = document.section("PRIZE").by_number(("prize",), size, "node")
        for row in rows:
            if row["prize"] < 0:
                raise BadFormat(f"line {row.line}: the prize is negative ({row['prize']:g})")
        tasks: list[Task] = [*jobs, *shipments]
        places = {visit.location for task in tasks for visit in task.visits}
        values = tuple(row["prize"] if place in places else 0.0 for place, row in enumerate(rows))
        return cls(values if any(values) else ())

    def offered(self, tasks: Sequence[AnyTask], money_parts: int) -> tuple[AnyTask, ...]:
        """The tasks with their revenue; those without a prize mandatory."""
        if not self.values:
            return tuple(tasks)
        found = []
        for task in tasks:
            prize = sum(self.values[visit.location] for visit in task.visits)
            found.append(replace(task, revenue=round(prize * money_parts), mandatory=prize == 0))
        return tuple(found)
