"""Several searches at once, each in a process of its own, under one deadline.

A process of its own even for one search: OR-Tools holds Python's global lock while it searches, and a caller
that must send heartbeats, report progress or be cancelled would stand still. The child is started by name
(`python -m haoyun.routing.worker`), not forked and not through multiprocessing, so that it works from any
script, thread or daemon. Problem and tours travel as pickles over private pipes between the two.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import IO, Any

from haoyun.routing.errors import SolverFailed
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.recipes import Recipe

_POLL_S = 0.05  # how soon a cancellation is noticed
# On a busy machine a process may need seconds to start. A limit shorter than that is overrun by up to this much
# rather than answered with nothing; once anything has been found, the limit holds.
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one process is asked to do; `deadline` on time.monotonic(), which all processes share."""

    problem: Problem
    recipe: Recipe
    seed: int
    deadline: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Tours that a process has found; `final` closes its work (`tours` None: it found none)."""

    recipe: str
    tours: Tours | None
    final: bool


def findings(
    assignments: Sequence[Assignment], *, grace_s: float, cancelled: Callable[[], bool] | None = None
) -> Iterator[Finding]:
    """What the processes find, as they find it, until all are done, cancelled or `grace_s` past the deadline.

    While nothing has been found at all, the deadline is taken less strictly.

    Every process has ended when the iterator does, however it ends. Raises SolverFailed if none could work.
    """
    deadline = max(a.deadline for a in assignments)
    stop_at = deadline + max(grace_s, _PATIENCE_S)
    queue: SimpleQueue[Finding | None] = SimpleQueue()
    with ExitStack() as stack:
        processes = [_start(stack, assignment, queue) for assignment in assignments]
        running = len(processes)
        while running and time.monotonic() < stop_at and not (cancelled and cancelled()):
            try:
                finding = queue.get(timeout=min(_POLL_S, max(stop_at - time.monotonic(), 0.001)))
            except Empty:
                continue
            if finding is None:
                running -= 1
                continue
            if finding.tours is not None:
                stop_at = deadline + grace_s
            yield finding
        if not running and all(p.poll() != 0 for p in processes):
            raise SolverFailed(
                f"no search process could work (exit codes {[p.returncode for p in processes]})"
            )


def _start(
    stack: ExitStack, assignment: Assignment, queue: SimpleQueue[Finding | None]
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "haoyun.routing.worker"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - fixed arguments
    stack.callback(_end, process)
    reader = threading.Thread(target=_converse, args=(process, assignment, queue), daemon=True)
    reader.start()
    stack.callback(reader.join)
    stack.callback(process.kill)  # runs first: the reader then meets the end of the pipe
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def _converse(
    process: subprocess.Popen[bytes], assignment: Assignment, queue: SimpleQueue[Finding | None]
) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        send(process.stdin, assignment)
        while True:
            queue.put(receive(process.stdout))
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        process.wait()  # its exit code is known before its end is announced
        queue.put(None)


def send(pipe: IO[bytes], value: object) -> None:
    """Write one value to the other process."""
    pickle.dump(value, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one value that the other process wrote; EOFError at the end."""
    return pickle.load(pipe)  # noqa: S301 - a private pipe to a process of our own
