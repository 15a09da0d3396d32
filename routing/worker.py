"""One search process: reads Assignments from standard input and writes Findings (see portfolio.py)."""

from __future__ import annotations

import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import IO, Any

from haoyun.routing import engines
from haoyun.routing.portfolio import Assignment, Hurry, receive, send
from haoyun.routing.warm import warm

_LISTEN_S = 0.05  # so long a first assignment may take to come through the pipe
_LEAVE_S = 2.0  # so long a process goes on that nobody asks any more: to end in order, not to search


def main() -> None:
    """Work on one assignment after the other until standard input ends."""
    # What the engines themselves might print must not mix with the findings.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    assignments: SimpleQueue[Assignment | None] = SimpleQueue()
    handed_over: SimpleQueue[Any] = SimpleQueue()
    due = engines.Due()
    listener = threading.Thread(
        target=_listen, args=(sys.stdin.buffer, assignments, handed_over, due), daemon=True
    )
    listener.start()
    time.sleep(_LISTEN_S)
    if assignments.empty():
        warm()  # nobody waits yet: what is compiled is loaded now, not within the limit of the first problem
    while (work := assignments.get()) is not None:
        engines.search(work, lambda finding: send(out, finding), handed_over, due)


def _listen(
    source: IO[bytes],
    assignments: SimpleQueue[Assignment | None],
    handed_over: SimpleQueue[Any],
    due: engines.Due,
) -> None:
    """Sort what comes in: assignments, new deadlines, and what other searches hand over."""
    try:
        while True:
            value = receive(source)
            if isinstance(value, Hurry):
                due.move(value.deadline)
            else:
                if isinstance(value, Assignment):
                    due.over()
                (assignments if isinstance(value, Assignment) else handed_over).put(value)
    except EOFError:
        assignments.put(None)
        # Whoever asked may have been killed: what a search of minutes finds, or compiles, is for nobody.
        time.sleep(_LEAVE_S)
        os._exit(1)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, EOFError):
        sys.exit(1)  # whoever asked has gone
