"""What CI forgives: a few tests that pass twice when they have the machine to themselves, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from second_look import MOST, TIMES, verdict

REPOSITORY = Path(__file__).resolve().parent.parent


def listed(folder: Path, *ids: str) -> Path:
    path = folder / "failed"
    path.write_text("".join(f"{i}\n" for i in ids), encoding="utf-8")
    return path


def test_a_test_that_passes_alone_each_time_is_named_and_forgiven(tmp_path: Path) -> None:
    tried: list[str] = []
    held, line = verdict(listed(tmp_path, "tests/a.py::one"), lambda i: not tried.append(i))
    assert held and line.startswith("UNSTEADY tests/a.py::one")
    assert tried == ["tests/a.py::one"] * TIMES


def test_a_test_that_passes_once_and_fails_once_is_not_forgiven(tmp_path: Path) -> None:
    answers = iter([True, False])
    held, line = verdict(listed(tmp_path, "tests/a.py::one"), lambda _: next(answers))
    assert not held and line == "FAILED AGAIN tests/a.py::one"


def test_one_broken_rule_among_races_is_not_forgiven(tmp_path: Path) -> None:
    held, line = verdict(listed(tmp_path, "a", "b", "c"), lambda i: i != "b")
    assert not held and line == "FAILED AGAIN b"


@pytest.mark.parametrize("ids", [(), tuple(f"t{n}" for n in range(MOST + 1))])
def test_none_and_too_many_failures_are_not_looked_at_again(tmp_path: Path, ids: tuple[str, ...]) -> None:
    held, _ = verdict(listed(tmp_path, *ids), lambda _: pytest.fail("was run"))
    assert not held


def test_a_run_without_an_end_is_not_forgiven(tmp_path: Path) -> None:
    held, line = verdict(tmp_path / "missing", lambda _: True)
    assert not held and "did not come to its end" in line


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (
            "import pytest\n@pytest.fixture\ndef broken():\n    1 / 0\n"
            "def test_x(broken):\n    pass\ndef test_bad():\n    assert False\ndef test_good():\n    pass\n",
            ["test_it.py::test_bad", "test_it.py::test_x"],
        ),
        ("def test_good():\n    pass\n", None),
        ("import nothing_of_this_name\n", ["test_it.py"]),
        ("def test_stopped():\n    raise KeyboardInterrupt\n", None),
    ],
    ids=["failed", "all pass", "not collected", "interrupted"],
)
def test_the_list_holds_what_failed_in_a_run_that_ended(
    tmp_path: Path, body: str, ids: list[str] | None
) -> None:
    (tmp_path / "test_it.py").write_text(body, encoding="utf-8")
    hooks = "from second_look_hooks import pytest_addoption, pytest_sessionfinish  # noqa: F401\n"
    (tmp_path / "conftest.py").write_text(hooks, encoding="utf-8")
    left = tmp_path / "failed"
    left.write_text("of an earlier run\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "xdist",
        "-n",
        "1",
        "--failed-list",
        str(left),
        str(tmp_path),
    ]
    subprocess.run(
        [*command, "-o", f"pythonpath={REPOSITORY / 'tests'}", "--rootdir", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (left.read_text(encoding="utf-8").splitlines() if left.exists() else None) == ids
