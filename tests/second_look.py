"""Look a second time at the few tests that failed: ``python tests/second_look.py FILE``, the file of --failed-list.

A suite with real brokers, browsers and killed processes on a crowded machine has some test now and then that lost a
race with the machine. Such a test passes when it has the machine to itself; a broken rule does not. So each failed
test has to pass twice, alone; what did is named as unsteady, to be mended (docs/decisions/0067-a-second-look.md).
More than MOST failures are not looked at again: so many races are a fault.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

MOST = 3
TIMES = 2


def run_alone(test_id: str) -> bool:
    """Whether one test passes in a process of its own, with nothing beside it."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", test_id]
    return subprocess.run(command, cwd=Path(__file__).resolve().parent.parent, check=False).returncode == 0


def verdict(failed: Path, passes: Callable[[str], bool]) -> tuple[bool, str]:
    """Whether the failures were all races, and the line that says so.

    Args:
        failed: a file with the id of one failed test a line; missing where a run did not come to its end.
        passes: runs one test alone.
    """
    ids = failed.read_text(encoding="utf-8").splitlines() if failed.exists() else []
    if not ids:
        return False, "The suite did not come to its end, so there is nothing to look at again."
    if len(ids) > MOST:
        return False, f"{len(ids)} tests failed; at most {MOST} are looked at again."
    for test_id in ids:
        for _ in range(TIMES):
            if not passes(test_id):
                return False, f"FAILED AGAIN {test_id}"
    return True, "\n".join(f"UNSTEADY {test_id}: failed once, passed {TIMES} times alone" for test_id in ids)


if __name__ == "__main__":
    held, line = verdict(Path(sys.argv[1]), run_alone)
    print(line)
    sys.exit(0 if held else 1)
