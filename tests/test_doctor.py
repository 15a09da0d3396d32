"""`haoyun doctor` says of each part whether it is well, and how to mend what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from haoyun.platform.cli import cli
from haoyun.routing.sisr import compiled


def run(tmp_path: Path) -> str:
    result = CliRunner().invoke(
        cli, ["doctor"], env={"HAOYUN_DATA": str(tmp_path / "data"), "HAOYUN_BROKER_PORT": "1"}
    )
    assert result.exit_code == 1, "no broker answers, at least"
    return result.output


def test_searches_that_are_not_compiled_come_with_the_command_that_compiles_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path)
    output = run(tmp_path)
    assert "mend  searches: the search for routes of vehicles is not compiled here" in output
    assert "python -m haoyun.routing.warm" in output
    for source in Path(compiled.__file__).parent.glob("*.py"):
        (tmp_path / f"{source.stem}.any-1.py311.nbi").touch()
    assert "routes of vehicles" not in run(tmp_path)
