"""Who may sign in, which folder may be wiped, and when a visitor is told that all is ready."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from haoyun.platform.accounts.users import find_user_by_email, sign_in
from haoyun.platform.database import Databases
from haoyun.platform.demo.credentials import Credentials
from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.folder import MARKER, alone, claim_folder, demo_folder
from haoyun.platform.demo.recall import recall
from haoyun.platform.demo.seed import people, seed
from haoyun.platform.demo.start import enough, sign_ins
from haoyun.platform.demo.state import DemoState
from haoyun.platform.demo.world import World
from haoyun.platform.settings import Settings

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def few(world: World) -> list[object]:
    """A shipper and a carrier: each password costs time by design."""
    return [world.shippers[0], world.carriers[0]]


def test_everybody_can_sign_in_and_a_second_start_changes_nothing(
    databases: Databases, few: list[object], tmp_path: Path
) -> None:
    with databases.platform.begin() as db:
        first = seed(db, few, None, NOW)  # type: ignore[arg-type]
        first.save(tmp_path / "credentials.json")
    known = Credentials.load(tmp_path / "credentials.json")
    assert known == first
    with databases.platform.begin() as db:
        assert seed(db, few, known, NOW) == first  # type: ignore[arg-type]
        for login in first.visitors.values():
            assert sign_in(db, login.email, login.password) is not None
        operator = sign_in(db, first.visitors["operator"].email, first.visitors["operator"].password)
    assert operator is not None and operator.is_operator
    assert set(first.tokens) == {few[0].key, few[1].key, "operator"}  # type: ignore[attr-defined]


def test_a_lost_password_is_not_replaced_by_one_that_does_not_work(
    databases: Databases, few: list[object]
) -> None:
    with databases.platform.begin() as db:
        seed(db, few, None, NOW)  # type: ignore[arg-type]
        with pytest.raises(NotADemo, match="lost; start with --fresh"):
            seed(db, few, None, NOW)  # type: ignore[arg-type]
        assert find_user_by_email(db, "operator@demo.example") is not None


def test_passwords_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "credentials.json"
    Credentials({}, {}, {}).save(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_four_parts_are_offered_to_the_visitor(world: World) -> None:
    visitors = [person for person in people(world.companies) if person.visitor]
    assert [person.key for person in visitors] == ["operator", "shipper", "carrier", "supervisor"]
    credentials = Credentials({}, {}, {})
    assert sign_ins(credentials) == "sign in as"


def test_somebodys_installation_is_neither_used_nor_wiped(tmp_path: Path) -> None:
    (tmp_path / "platform.db").write_text("precious")
    for fresh in (False, True):
        with pytest.raises(NotADemo, match="no demonstration"):
            claim_folder(tmp_path, fresh=fresh)
    with pytest.raises(NotADemo), alone(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["platform.db"]


def test_fresh_wipes_the_demonstration_and_keeps_imported_maps(tmp_path: Path) -> None:
    claim_folder(tmp_path, fresh=False)
    (tmp_path / "platform.db").write_text("old")
    (tmp_path / "demo" / "simulator.json").write_text("old")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "town.map.npz").write_text("kept")
    claim_folder(tmp_path, fresh=False)
    assert (tmp_path / "platform.db").exists()
    claim_folder(tmp_path, fresh=True)
    assert not (tmp_path / "platform.db").exists()
    assert not (tmp_path / "demo" / "simulator.json").exists()
    assert (tmp_path / "maps" / "town.map.npz").exists() and (tmp_path / MARKER).exists()


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nfrom haoyun.platform.demo.errors import NotADemo\n"
        "from haoyun.platform.demo.folder import alone\n"
        f"try:\n    with alone(Path({str(tmp_path)!r})): print('mine')\n"
        "except NotADemo as error: print(error)"
    )
    command = [sys.executable, "-c", code]
    with alone(tmp_path):
        held = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "already running" in held.stdout
    assert "mine" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_demonstration_stays_on_its_map_and_keeps_its_trucks(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, map="trunk")
    demo_folder(tmp_path).mkdir()
    DemoState("trunk", 99, 30).save(demo_folder(tmp_path) / "simulator.json")
    world, state = recall(settings, trucks=10)
    assert world.seed == 99 and state.driving == 30
    with pytest.raises(NotADemo, match="begun on the map trunk"):
        recall(Settings(data=tmp_path, map="coquimbo"), trucks=10)


def test_ready_means_that_all_promised_figures_are_there() -> None:
    full = {"vehicles_moving": 45, "loads_open": 120, "matches": 30, "jobs_finished": 1}
    full |= {"milestones_gps": 60, "milestones_rfid": 90}
    assert enough(full, trucks=60)
    for name in full:
        assert not enough({**full, name: 0}, trucks=60), name
    assert not enough({}, trucks=60)
