"""What every reader returns."""

from __future__ import annotations

from dataclasses import dataclass, field

from haoyun.routing.legend import Legend
from haoyun.routing.problem import Objective, Problem


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A problem, the format that it was written in, and what else the file says.

    `warnings` are sentences about what was read and does not count; what would change the answer is refused.
    """

    problem: Problem
    format: str
    legend: Legend = field(default_factory=Legend)
    warnings: tuple[str, ...] = ()

    def objective(self, wanted: Objective | str | None = None) -> Objective:
        """What to keep small if someone wants this; without a wish what the file asks for.

        In VRPLIB's files with prizes the distance always counts together with the prizes that are missed, so that
        `distance` and `cost` ask for just that (PyVRP's and the DIMACS challenge's convention).
        """
        if wanted is None:
            return self.problem.objective
        wish = Objective(wanted)
        prizes = self.format == "vrplib" and self.problem.objective is Objective.PROFIT
        return Objective.PROFIT if prizes and wish is not Objective.VEHICLES else wish
