"""What can go wrong in routing.

RoutingError
├── BadProblem      a Problem that cannot be; the message states the rule it breaks
├── BadFormat       a file that is not what it claims to be; the message names the line or the field
├── PlanRefused     a plan that breaks its problem's rules; carries every violation
└── SolverFailed    the engine gave no usable answer (a fault of this software, not of the problem)

An order that no vehicle may carry is not an error: the plan lists it as unassigned, with its reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from haoyun.routing.violation import Violation


class RoutingError(Exception):
    """The root of this room's errors."""


class BadProblem(RoutingError):
    """A value or a problem that cannot be."""


class BadFormat(RoutingError):
    """A text that cannot be read as a routing problem."""


class PlanRefused(RoutingError):
    """A plan that breaks rules of its problem."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        """Keep the violations; the message shows the first three."""
        self.violations = violations
        more = f" (and {len(violations) - 3} more)" if len(violations) > 3 else ""
        super().__init__("; ".join(v.text for v in violations[:3]) + more)


class SolverFailed(RoutingError):
    """The search engine or one of its processes failed."""


def require(rule_holds: bool, message: str) -> None:
    """Raise BadProblem with the rule that is broken, unless it holds."""
    if not rule_holds:
        raise BadProblem(message)
