"""A search process, spoken to over its pipes as portfolio.py does."""

from __future__ import annotations

import subprocess
import sys
import time

from small_problems import random_problem

from haoyun.routing import Objective
from haoyun.routing.portfolio import Assignment, receive, send
from haoyun.routing.recipes import Engine, Recipe

LONG_S = 600.0  # far longer than this test may take
PATIENCE_S = 60.0


def started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "haoyun.routing.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_a_search_ends_when_whoever_asked_is_gone() -> None:
    process = started()
    assert process.stdin is not None and process.stdout is not None
    problem = random_problem(1, Objective.DISTANCE, jobs=5, shipments=2)
    recipe = Recipe("ruin and recreate 1", Engine.RUIN_AND_RECREATE)
    try:
        send(process.stdin, Assignment(problem, recipe, 1, time.monotonic() + LONG_S))
        finding = receive(process.stdout)
        assert not finding.final, "it has begun, and would go on for ten minutes"
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 1
    finally:
        process.kill()
        process.stdout.close()


def test_a_process_without_work_ends_in_order_with_its_input() -> None:
    process = started()
    try:
        output, _ = process.communicate(b"", timeout=PATIENCE_S)
        assert (process.returncode, output) in ((0, b""), (1, b"")), "1: it was still loading"
    finally:
        process.kill()
