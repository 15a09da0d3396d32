"""One search process: reads an Assignment from standard input and writes Findings (see portfolio.py)."""

from __future__ import annotations

import os
import sys
import time
from typing import IO

from haoyun.routing import model
from haoyun.routing.portfolio import Assignment, Finding, receive, send
from haoyun.routing.problem import Tours

# Intermediate tours are for progress and for the case that the process is stopped early: a few a second do.
_REPORT_EVERY_S = 0.25
# Time to hand over the final tours, and to make up for what the engine overruns its own limit by.
_MARGIN_S = 0.05
_MARGIN_SHARE = 0.015
# What a search gets even if starting the process has used up its time.
_LEAST_SEARCH_S = 0.5


class _Reporter:
    """Sends intermediate tours, but not too many."""

    def __init__(self, out: IO[bytes], recipe: str) -> None:
        self.out = out
        self.recipe = recipe
        self.next_at = 0.0

    def __call__(self, tours: Tours) -> None:
        if time.monotonic() >= self.next_at:
            self.next_at = time.monotonic() + _REPORT_EVERY_S
            send(self.out, Finding(self.recipe, tours, final=False))


def main() -> None:
    """Work on the one assignment that standard input holds."""
    # What the engine itself might print must not mix with the findings.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work: Assignment = receive(sys.stdin.buffer)
    reporter = _Reporter(out, work.recipe.name)
    now = time.monotonic()
    margin_s = max(_MARGIN_S, _MARGIN_SHARE * (work.deadline - now))
    deadline = max(work.deadline - margin_s, now + _LEAST_SEARCH_S)
    tours = model.search(work.problem, work.recipe, deadline=deadline, seed=work.seed, found=reporter)
    send(out, Finding(work.recipe.name, tours, final=True))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, EOFError):
        sys.exit(1)  # whoever asked has gone
