"""The supervisor with tiny children: real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from haoyun.platform import supervisor as module
from haoyun.platform.supervisor import Child, Supervisor, SupervisorError, next_free_port, restart_delay_s

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is of Linux")
SLEEPER = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def until(true: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class House:
    """A supervisor under test with what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor: Supervisor | None = None

    def open(self, *children: Child) -> Supervisor:
        self.supervisor = Supervisor(children, self.folder / "logs", self.said.append)
        return self.supervisor


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    if house.supervisor is not None:
        house.supervisor.stop()


def _touch(flag: Path, after_s: float) -> tuple[str, ...]:
    return python(f"import time; time.sleep({after_s}); open({str(flag)!r}, 'w'); time.sleep(600)")


def test_children_wait_for_the_one_that_has_to_be_first(house: House, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    broker = Child("broker", _touch(flag, 0.3), ready=flag.exists, first=True)
    intake = Child("intake", python(f"import os, sys; sys.exit(0 if os.path.exists({str(flag)!r}) else 9)"))
    supervisor = house.open(broker, intake)
    supervisor.start()
    until(lambda: (supervisor.look(), bool(house.said))[1])
    assert "intake ended with code 0" in house.said[0]


MEETS = """
import pathlib, sys, time
folder, name, others = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
(folder / f"{name}.began").touch()
while len(list(folder.glob("*.began"))) < others:
    time.sleep(0.02)
(folder / name).touch()
time.sleep(600)
"""


def test_the_others_get_ready_side_by_side(house: House, tmp_path: Path) -> None:
    """None of them gets ready before all have begun, so one after the other would never end."""
    flags = [tmp_path / name for name in ("a", "b", "c")]
    house.open(
        *(
            Child(flag.name, (*python(MEETS), str(tmp_path), flag.name, "3"), ready=flag.exists)
            for flag in flags
        )
    ).start()
    assert all(flag.exists() for flag in flags)


def test_a_child_that_never_gets_ready_is_named_with_its_log(house: House) -> None:
    supervisor = house.open(Child("late", python(SLEEPER), ready=lambda: False, ready_within_s=0.3))
    with pytest.raises(SupervisorError, match=r"late is not ready after 0\.3 s, see .*late\.log"):
        supervisor.start()


def test_a_killed_child_is_noticed_said_and_started_again(house: House) -> None:
    supervisor = house.open(Child("worker", python(SLEEPER)))
    supervisor.start()
    old = supervisor.process_ids()["worker"]
    os.kill(old, signal.SIGKILL)
    until(lambda: (supervisor.look(), supervisor.process_ids().get("worker", old) != old)[1])
    assert house.said == ["worker was killed by signal 9; starting it again in 0.5 s"]


def test_grandchildren_do_not_outlive_a_killed_child(house: House, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
        f"open({str(note)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(600)"
    )
    supervisor = house.open(Child("broker", python(code)))
    supervisor.start()
    until(lambda: note.exists() and bool(note.read_text()))
    grandchild = int(note.read_text())
    os.kill(supervisor.process_ids()["broker"], signal.SIGKILL)
    until(lambda: (supervisor.look(), not alive(grandchild))[1])


def test_quick_deaths_wait_longer_and_longer_but_not_for_ever() -> None:
    delays = [restart_delay_s(n) for n in range(1, 12)]
    assert delays[:4] == [0.5, 1.0, 2.0, 4.0]
    assert delays[-1] == module.LONGEST_DELAY_S


def test_a_child_that_lived_long_is_forgiven(house: House) -> None:
    running = module._Running(Child("x", ("x",)), started=0.0, quick_deaths=6)
    assert running.died(now=module.STEADY_AFTER_S) == module.FIRST_DELAY_S


def test_what_had_to_be_first_is_stopped_when_all_others_are_gone(house: House, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def bye(*_):\n"
        "    time.sleep(float(sys.argv[2]))\n"
        f"    open({str(order)!r}, 'a').write(sys.argv[1] + ' ')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        f"open({str(tmp_path)!r} + '/up-' + sys.argv[1], 'w')\n"
        "time.sleep(600)"
    )
    slow = {"broker": "0", "intake": "0.5", "portal": "0.1"}
    supervisor = house.open(
        *(
            Child(
                name, (*python(code), name, s), ready=(tmp_path / f"up-{name}").exists, first=name == "broker"
            )
            for name, s in slow.items()
        )
    )
    supervisor.start()
    supervisor.stop()
    assert order.read_text().split() == ["portal", "intake", "broker"]
    assert supervisor.process_ids() == {}


def test_deaf_children_are_ended_by_force_within_ten_seconds(house: House) -> None:
    supervisor = house.open(*(Child(f"deaf-{i}", python(DEAF)) for i in range(5)))
    supervisor.start()
    logs = house.folder / "logs"
    until(lambda: all("deaf" in (logs / f"deaf-{i}.log").read_text() for i in range(5)))
    pids = supervisor.process_ids().values()
    begun = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun < 10
    assert not any(alive(pid) for pid in pids)


SCRIPT = """
import sys
from pathlib import Path
from haoyun.platform.supervisor import Child, Supervisor
s = Supervisor([Child(n, (sys.executable, "-c", {sleeper!r})) for n in ("a", "b")], Path({logs!r}), print)
s.listen_to_signals()
s.start()
print(*s.process_ids().values(), flush=True)
s.run()
s.stop()
print("stopped", flush=True)
"""


def _supervised(tmp_path: Path) -> tuple[subprocess.Popen[str], list[int]]:
    code = SCRIPT.format(sleeper=SLEEPER, logs=str(tmp_path / "logs"))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, [int(pid) for pid in process.stdout.readline().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child_in_order(tmp_path: Path, number: signal.Signals) -> None:
    process, pids = _supervised(tmp_path)
    process.send_signal(number)
    out, _ = process.communicate(timeout=10)
    assert "stopped" in out and process.returncode == 0
    assert not any(alive(pid) for pid in pids)


@LINUX_ONLY
def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    process, pids = _supervised(tmp_path)
    assert len(pids) == 2 and all(alive(pid) for pid in pids)
    process.kill()
    process.communicate()
    until(lambda: not any(alive(pid) for pid in pids), within_s=5)


def test_without_a_death_signal_the_guard_ends_the_children(tmp_path: Path) -> None:
    child = subprocess.Popen(python(SLEEPER), start_new_session=True)
    guard = module._Guard()
    guard.watch(child.pid)
    guard.close()  # what the guard sees is the same as the supervisor's death: its pipe ends
    assert child.wait(timeout=5) == -signal.SIGKILL


def test_a_busy_port_is_answered_with_the_next_free_one(free_port: int) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", free_port))
        busy.listen()
        assert next_free_port("127.0.0.1", free_port) > free_port
        assert module.port_answers("127.0.0.1", free_port)


def test_a_port_promised_to_another_child_is_not_given_twice(free_port: int) -> None:
    assert next_free_port("127.0.0.1", free_port, taken=(free_port,)) != free_port


def test_a_log_that_has_grown_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_LIMIT_BYTES", 10)
    (tmp_path / "x.log").write_text("a long line of an old run")
    with module._open_log(tmp_path, "x") as log:
        log.write(b"new")
    assert (tmp_path / "x.log").read_text() == "new"
    assert (tmp_path / "x.log.1").exists()
