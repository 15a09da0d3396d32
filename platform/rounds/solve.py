"""A round from the offers to the plan: relaxation, mending, improvement; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.ends import exchange_ends
from haoyun.platform.rounds.flow import Columns, chains
from haoyun.platform.rounds.idle import employ
from haoyun.platform.rounds.improve import drop_what_does_not_pay, mend, relocate, serve
from haoyun.platform.rounds.plan import Plan
from haoyun.platform.rounds.route import Route

PASSES = 2
Progress = Callable[[float], None]
Going = Callable[[], bool]


def solve(
    board: Board,
    before: Sequence[Route] = (),
    progress: Progress = lambda _share: None,
    going: Going = lambda: True,
) -> list[Route]:
    """The routes of the trucks that got something. `going` False ends the search with what there is.

    `before` is a plan that is at hand; what is returned contributes no less.
    """
    plan = mend(board, chains(board))
    progress(0.3)
    _improve(plan, lambda share: progress(0.3 + 0.7 * share), going)
    if plan.contribution_fen() < sum(route.contribution_fen for route in before):
        plan = Plan(board)
        for route in before:
            plan.put(route)
        _improve(plan, lambda _share: None, going)
    return [route for route in plan.routes if route is not None]


def _improve(plan: Plan, progress: Progress, going: Going) -> None:
    columns = Columns.of(plan.board)
    for number in range(PASSES):
        if not going():
            return
        changes = employ(plan, columns) + serve(plan, going) + relocate(plan, going)
        for cut in range(plan.board.rules.most_in_a_row):
            changes += exchange_ends(plan, cut)
        progress((number + 1) / PASSES)
        if not changes:
            break
    serve(plan, going)
    drop_what_does_not_pay(plan)
