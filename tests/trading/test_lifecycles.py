"""The reference shows the life cycles that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from haoyun.platform.trading.lifecycles import LIFECYCLES, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "lifecycles.md"


@pytest.mark.parametrize("name", LIFECYCLES)
def test_the_reference_shows_the_table_of_the_code(name: str) -> None:
    assert f"## {name}" in PAGE.read_text(encoding="utf-8")
    assert table(name) in PAGE.read_text(encoding="utf-8"), f"put this under ## {name}:\n{table(name)}"


@pytest.mark.parametrize("name", LIFECYCLES)
def test_every_state_has_a_meaning_and_can_be_reached(name: str) -> None:
    module, states = LIFECYCLES[name]
    assert set(module.NEXT) == set(states)
    reached = {after for following in module.NEXT.values() for after in following}
    assert set(states) - reached <= {next(iter(states))}
    assert all(len(row.split("|")[2].strip()) > 5 for row in table(name).splitlines()[2:])
