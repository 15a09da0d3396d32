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
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, Protocol

from haoyun.routing.able import Able
from haoyun.routing.errors import SolverFailed
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.recipes import Recipe

_POLL_S = 0.05  # how soon a cancellation is noticed
# On a busy machine a process may need seconds to start. A limit shorter than that is overrun by up to this much
# rather than answered with nothing; once anything has been found, the limit holds.
_PATIENCE_S = 10.0
# What a search gets even if starting its process has used up its time.
LEAST_SEARCH_S = 0.5
# A deadline that moves by less is not worth a message.
_WORTH_TELLING_S = 0.02


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one process is asked to do; `deadline` on time.monotonic(), which all processes share."""

    problem: Problem
    recipe: Recipe
    seed: int
    deadline: float
    number: int = 0  # which of the searches; the first one recombines the routes of all
    of: int = 1  # how many there are
    start: Tours | None = None
    limit_s: float | None = None  # of a steady search: its work follows from this, not from the clock
    search_s: float | None = None  # of search at most, from when the process has loaded what it needs
    warmth: float = 1.0  # how hot the search begins, as a share of a search from nothing


@dataclass(frozen=True, slots=True)
class Finding:
    """Tours that a process has found; `final` closes its work (`tours` None: it found none)."""

    recipe: str
    tours: Tours | None
    final: bool
    worth: tuple[float, ...] | None = None  # smaller is better; None: not known without timing the plan
    handed_over: object = None  # routes for the first search to recombine
    told_all: object = None  # for the other searches: a plan to go on from, if it is better than theirs
    able: Able | None = None  # with the final tours: who could serve each task alone


@dataclass(frozen=True, slots=True)
class Hurry:
    """To a process at work: be done by then instead."""

    deadline: float


class Crew:
    """Search processes that stay warm from one problem to the next. Close it, or use it as a context.

    Not for several problems at the same time: whoever has the crew has all of it.
    """

    def __init__(self, size: int) -> None:
        """Start `size` processes, more when they are needed; they load their code while the caller goes on."""
        self._processes = [_Process() for _ in range(size)]
        self._lock = threading.Lock()

    def __enter__(self) -> Crew:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        self.close()

    def close(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.end()
        self._processes = []

    def findings(
        self,
        assignments: Sequence[Assignment],
        *,
        grace_s: float,
        cancelled: Callable[[], bool] | None = None,
        closing_s: Callable[[], float] | None = None,
    ) -> Iterator[Finding]:
        """What the processes find, as they find it, until all are done, cancelled or `grace_s` past the deadline.

        `closing_s` is asked from time to time how much earlier than the deadlines of the assignments they must be done.
        While nothing has been found at all, the deadline is taken less strictly. A process that is not done in
        the end is ended and replaced by a fresh one. Raises SolverFailed if none could work.
        """
        with self._lock:
            missing = len(assignments) - len(self._processes)
            self._processes += [_Process() for _ in range(missing)]
            chosen = self._processes[: len(assignments)]
            queue: SimpleQueue[tuple[int, Finding | None]] = SimpleQueue()
            for number, (process, assignment) in enumerate(zip(chosen, assignments, strict=True)):
                process.give(number, assignment, queue)
            try:
                yield from _gather(chosen, assignments, queue, grace_s, cancelled, closing_s)
            finally:
                self._replace_unfinished()

    def _replace_unfinished(self) -> None:
        for process in [one for one in self._processes if one.busy]:
            process.end()
            if process in self._processes:  # not where the crew was closed meanwhile
                self._processes[self._processes.index(process)] = _Process()


def findings(
    assignments: Sequence[Assignment],
    *,
    grace_s: float,
    cancelled: Callable[[], bool] | None = None,
    closing_s: Callable[[], float] | None = None,
) -> Iterator[Finding]:
    """The findings of a crew that is engaged for these assignments only: all its processes end with the iterator."""
    processes = [_Process() for _ in assignments]
    queue: SimpleQueue[tuple[int, Finding | None]] = SimpleQueue()
    try:
        for number, (process, assignment) in enumerate(zip(processes, assignments, strict=True)):
            process.give(number, assignment, queue)
        yield from _gather(processes, assignments, queue, grace_s, cancelled, closing_s)
    finally:
        for process in processes:
            process.end()


def _gather(
    processes: Sequence[_Process],
    assignments: Sequence[Assignment],
    queue: SimpleQueue[tuple[int, Finding | None]],
    grace_s: float,
    cancelled: Callable[[], bool] | None,
    closing_s: Callable[[], float] | None,
) -> Iterator[Finding]:
    deadline = agreed = max(a.deadline for a in assignments)
    stop_at = deadline + max(grace_s, _PATIENCE_S)
    running = set(range(len(processes)))
    answered = found = False
    while running and time.monotonic() < stop_at and not (cancelled and cancelled()):
        try:
            number, finding = queue.get(timeout=min(_POLL_S, max(stop_at - time.monotonic(), 0.001)))
        except Empty:
            continue
        if finding is None:
            running.discard(number)
        elif not relay(finding, number, running, processes):
            answered = True
            if finding.final:
                running.discard(number)
            if finding.tours is not None and not found:
                found = True
                # Who had to start first is let finish: ended now, it would start anew for the next problem.
                late = time.monotonic() > deadline
                stop_at = grace_s + (time.monotonic() + LEAST_SEARCH_S if late else deadline)
            yield finding
            due = agreed - closing_s() if closing_s is not None else agreed
            if answered and abs(due - deadline) > _WORTH_TELLING_S:
                stop_at += due - deadline
                deadline = due
                for process in processes:
                    process.pass_on(Hurry(due))
    if not running and not answered:
        codes = [process.exit_code for process in processes]
        raise SolverFailed(f"no search process could work (exit codes {codes})")


class Listener(Protocol):
    """A search that can be spoken to."""

    def pass_on(self, value: object) -> None:
        """Send it what another search has found."""


def relay(finding: Finding, number: int, running: set[int], searches: Sequence[Listener]) -> bool:
    """Pass on what search `number` has for the others; False if the finding is for whoever asked."""
    if finding.handed_over is not None:
        searches[0].pass_on(finding.handed_over)
    elif finding.told_all is not None:
        for other in running - {number}:
            searches[other].pass_on(finding.told_all)
    else:
        return False
    return True


class _Process:
    """One search process and the thread that listens to it."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", "haoyun.routing.worker"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - fixed arguments
        self.busy = False
        self.number = 0
        self.queue: SimpleQueue[tuple[int, Finding | None]] = SimpleQueue()
        self.todo: SimpleQueue[object] = SimpleQueue()
        self.threads = [
            threading.Thread(target=target, daemon=True) for target in (self._listen, self._speak)
        ]
        for thread in self.threads:
            thread.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def give(
        self, number: int, assignment: Assignment, queue: SimpleQueue[tuple[int, Finding | None]]
    ) -> None:
        """Ask it to work; what it finds goes to the queue, None when it has ended."""
        self.number, self.queue, self.busy = number, queue, True
        if self.exit_code is not None:
            queue.put((number, None))
        self.todo.put(assignment)

    def pass_on(self, value: object) -> None:
        """Send it what another search has handed over."""
        self.todo.put(value)

    def end(self) -> None:
        """Kill it and wait until everything of it is gone."""
        self.process.kill()
        self.process.wait()
        self.todo.put(None)
        for thread in self.threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # what was still to be sent has nobody to read it

    def _listen(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                finding: Finding = receive(self.process.stdout)
                if finding.final:
                    self.busy = False
                self.queue.put((self.number, finding))
        except (EOFError, pickle.UnpicklingError):
            self.process.wait()  # its exit code is known before its end is announced
            self.queue.put((self.number, None))

    def _speak(self) -> None:
        assert self.process.stdin is not None
        while (value := self.todo.get()) is not None:
            try:
                send(self.process.stdin, value)
            except BrokenPipeError:
                return  # the listener hears of its end


def send(pipe: IO[bytes], value: object) -> None:
    """Write one value to the other process."""
    pickle.dump(value, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one value that the other process wrote; EOFError at the end."""
    return pickle.load(pipe)  # noqa: S301 - a private pipe to a process of our own
