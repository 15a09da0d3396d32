"""Runs the processes of one installation: starts them in order, restarts the dead, stops them all.

One thread, one loop: children are watched by asking, because `PR_SET_PDEATHSIG` follows the *thread* that started
them. Each child is the leader of its own process group, so that Ctrl-C in a terminal reaches the supervisor alone
and the order of stopping is ours.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

LOOK_EVERY_S = 0.1
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STEADY_AFTER_S = 60.0  # a child that lived so long is healthy again: its next restart does not wait
STOP_WITHIN_S = 7.0  # all children together; the promise to the user is ten seconds, on a busy machine too
STOP_GROUP_WITHIN_S = 4.5
LOG_LIMIT_BYTES = 20_000_000
_PR_SET_PDEATHSIG = 1


class SupervisorError(Exception):
    """A child cannot be brought up; the message names it and its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep alive: its command, and how to see that it is ready (None: at once).

    Children get ready side by side; only for one that is `first` do the children after it wait.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    ready_within_s: float = 60.0
    first: bool = False

    def __post_init__(self) -> None:
        if not self.command:
            raise ValueError(f"child {self.name!r} needs a command")


def haoyun_command(data: Path, *arguments: str) -> tuple[str, ...]:
    """The ``haoyun`` command in a process of its own, with this interpreter."""
    return (sys.executable, "-m", "haoyun.platform.cli", "--data", str(data), *arguments)


def restart_delay_s(quick_deaths: int) -> float:
    """Seconds to wait before start number `quick_deaths` + 1: doubling, bounded."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** max(0, quick_deaths - 1))


def next_free_port(host: str, wanted: int, taken: Sequence[int] = (), tries: int = 100) -> int:
    """The first port from `wanted` on that nothing listens on; 0 asks the system for any.

    Raises SupervisorError after `tries` busy ones.
    """
    for port in range(wanted, min(wanted + tries, 65536)) if wanted else (0,):
        if port not in taken and (found := _bindable(host, port)):
            return found
    raise SupervisorError(f"no free port from {wanted} to {wanted + tries - 1} on {host}")


def port_answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _bindable(host: str, port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class _Running:
    """What the supervisor remembers about a child."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0
    start_at: float | None = None

    def died(self, now: float) -> float:
        """Note a death; returns the seconds to wait before the next start."""
        steady = now - self.started >= STEADY_AFTER_S
        self.quick_deaths = 1 if steady else self.quick_deaths + 1
        delay = restart_delay_s(self.quick_deaths)
        self.process, self.start_at = None, now + delay
        return delay


class Supervisor:
    """Keeps children alive until `request_stop`, a SIGINT, SIGTERM or SIGHUP.

    `say` prints one line to the user; the children's own output goes to ``<logs>/<name>.log``.
    """

    def __init__(
        self,
        children: Sequence[Child],
        logs: Path,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._running = [_Running(child) for child in children]
        self._logs = logs
        self._say = say
        self._clock = clock
        self._stopping = False
        self._guard = None if sys.platform == "linux" else _Guard()

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stopping

    def process_ids(self) -> dict[str, int]:
        """The process id of each child that runs now."""
        return {r.child.name: r.process.pid for r in self._running if r.process is not None}

    def request_stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Leave `run` at the next look; usable as a signal handler. A second time: stop hard, now."""
        if self._stopping:
            self._kill_all()
        self._stopping = True

    def listen_to_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal stop everything in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.request_stop)

    def start(self) -> None:
        """Start the children in order, and return when all are ready.

        Raises SupervisorError if one does not get ready in its time; `stop` is then still the caller's duty.
        """
        for running in self._running:
            if self._stopping:
                return
            self._launch(running)
            if running.child.first:
                self._wait_ready(running.child)
        for running in self._running:
            self._wait_ready(running.child)

    def look(self) -> None:
        """Notice dead children and start again those whose waiting time is over."""
        now = self._clock()
        for running in self._running:
            if running.process is not None and (code := running.process.poll()) is not None:
                self._note_death(running, code, now)
            if running.process is None and running.start_at is not None and now >= running.start_at:
                self._launch(running)

    def run(self) -> None:
        """Look after the children until asked to stop."""
        while not self._stopping:
            self.look()
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """End every child within ten seconds, politely and then by force.

        The last started is asked first; those that are `first` stay until all the others are gone.
        """
        self._stopping = True
        deadline = time.monotonic() + STOP_WITHIN_S
        backwards = self._running[::-1]
        for group in ([r for r in backwards if not r.child.first], [r for r in backwards if r.child.first]):
            processes = [running.process for running in group if running.process is not None]
            for process in processes:
                process.terminate()
            group_deadline = min(deadline, time.monotonic() + STOP_GROUP_WITHIN_S)
            for process in processes:
                _end(process, group_deadline)
            for running in group:
                running.process, running.start_at = None, None
        if self._guard is not None:
            self._guard.close()

    def _launch(self, running: _Running) -> None:
        child = running.child
        with _open_log(self._logs, child.name) as log:
            running.process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                child.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **child.environment},
                start_new_session=True,
                # Safe here: this process has one thread, and the function calls the kernel only.
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        running.started, running.start_at = self._clock(), None
        if self._guard is not None:
            self._guard.watch(running.process.pid)

    def _note_death(self, running: _Running, code: int, now: float) -> None:
        if running.process is not None:
            _kill_group(running.process.pid)  # its own children must not outlive it
        delay = running.died(now)
        self._say(f"{running.child.name} {_ending(code)}; starting it again in {delay:g} s")

    def _wait_ready(self, child: Child) -> None:
        deadline = self._clock() + child.ready_within_s
        while child.ready is not None and not self._stopping and not child.ready():
            if self._clock() > deadline:
                log = self._logs / f"{child.name}.log"
                raise SupervisorError(
                    f"{child.name} is not ready after {child.ready_within_s:g} s, see {log}"
                )
            self.look()
            time.sleep(LOOK_EVERY_S)

    def _kill_all(self) -> None:
        for running in self._running:
            if running.process is not None:
                _kill_group(running.process.pid)


def _ending(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def _end(process: subprocess.Popen[bytes], deadline: float) -> None:
    """Wait for a process that was asked to end, insist at the deadline, and take what it left behind."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _kill_group(process.pid)
        process.wait()
    _kill_group(process.pid)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nobody of the group is left


def _open_log(folder: Path, name: str) -> IO[bytes]:
    """The child's log, appended to; one older file is kept when it has grown."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(folder / f"{name}.log.1")
    return path.open("ab")


_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Between fork and exec: the kernel kills this process when the supervisor is gone, even by kill -9."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Guard:
    """Where the kernel has no death signal: a small process that outlives us and ends our children.

    It reads process ids from a pipe; the end of the pipe means that the supervisor is gone.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", "haoyun.platform.supervisor"),
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def watch(self, pid: int) -> None:
        """Have the process group `pid` ended with the supervisor."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{pid}\n".encode())
        self._process.stdin.flush()

    def close(self) -> None:
        """Let the guard go; it ends what is still there."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def guard(lines: IO[str]) -> None:
    """The guard's own work: collect process ids until the pipe ends, then end them."""
    groups = [int(line) for line in lines]
    for pid in groups:
        _kill_group(pid)


if __name__ == "__main__":
    guard(sys.stdin)
