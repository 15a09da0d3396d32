"""pytest's option --failed-list: what failed in a run that came to its end, for tests/second_look.py."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failed-list", metavar="FILE", help="write the ids of failed tests there, one a line")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep what failed for tests/second_look.py, but only of a run that came to its end."""
    where = session.config.getoption("--failed-list")
    if not where or hasattr(session.config, "workerinput"):
        return
    path = Path(where)
    path.unlink(missing_ok=True)
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        told = session.config.pluginmanager.get_plugin("terminalreporter").stats
        ids = {report.nodeid for kind in ("failed", "error") for report in told.get(kind, [])}
        path.write_text("".join(f"{i}\n" for i in sorted(ids)), encoding="utf-8")
