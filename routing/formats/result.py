"""What every reader returns."""

from __future__ import annotations

from dataclasses import dataclass, field

from haoyun.routing.legend import Legend
from haoyun.routing.problem import Problem


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A problem, the format that it was written in, and what else the file says.

    `warnings` are sentences about what was read and does not count; what would change the answer is refused.
    """

    problem: Problem
    format: str
    legend: Legend = field(default_factory=Legend)
    warnings: tuple[str, ...] = ()
