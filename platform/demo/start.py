"""Brings a demonstration up: its people, its processes, and whether a visitor sees what is promised."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime

from haoyun.platform.database import Databases
from haoyun.platform.demo.credentials import Credentials
from haoyun.platform.demo.folder import demo_folder
from haoyun.platform.demo.past import past_weeks
from haoyun.platform.demo.seed import seed
from haoyun.platform.demo.world import World
from haoyun.platform.migrations import upgrade
from haoyun.platform.processes import answers, environment_of, installation, portal_url
from haoyun.platform.settings import Settings
from haoyun.platform.statistics.facts import Measure
from haoyun.platform.statistics.facts_store import put_facts
from haoyun.platform.supervisor import Child, haoyun_command

FIGURES_WITHIN_S = 40.0
LOOK_EVERY_S = 0.2  # the supervisor must see a dead child meanwhile
ASK_EVERY_S = 1.0
MOVING_SHARE = 2 / 3  # of the trucks; the others may be loading, unloading or resting
# What else a visitor should find.
FIRST_FIGURES: Mapping[str, int] = {
    "loads_open": 100,
    "matches": 1,
    "jobs_finished": 1,
    "milestones_gps": 1,
    "milestones_rfid": 1,
}


def prepare(settings: Settings, databases: Databases, world: World, now: datetime) -> Credentials:
    """Upgrade the databases, make the people, and at the first start a past for the figures. Raises NotADemo."""
    upgrade(databases)
    path = demo_folder(settings.data) / "credentials.json"
    known = Credentials.load(path) if path.exists() else None
    with databases.platform.begin() as db:
        credentials = seed(db, (*world.companies, world.newcomer), known, now)
        if known is None:
            for facts in past_weeks(world, now):
                put_facts(db, list(Measure), {fact.subject for fact in facts}, facts)
        credentials.save(path)  # before the commit: nobody is made whose password is not kept
    return credentials


def children(settings: Settings, trucks: int) -> list[Child]:
    """The installation's processes and the simulator, which waits for the portal by itself."""
    simulate = haoyun_command(settings.data, "simulate", "--trucks", str(trucks))
    return [*installation(settings), Child("simulate", simulate, environment_of(settings))]


def wait_for_figures(
    settings: Settings, trucks: int, stopping: Callable[[], bool], look: Callable[[], None]
) -> bool:
    """Wait until /readyz is content and the first figures are there; False if that takes too long."""
    deadline = time.monotonic() + FIGURES_WITHIN_S
    url = portal_url(settings)
    ask_at = 0.0
    while not stopping() and time.monotonic() < deadline:
        look()
        time.sleep(LOOK_EVERY_S)
        if time.monotonic() < ask_at:
            continue
        ask_at = time.monotonic() + ASK_EVERY_S
        if enough(figures(url), trucks) and answers(f"{url}/readyz"):
            return True
    return False


def figures(url: str) -> Mapping[str, int]:
    """The public summary, empty while there is none."""
    try:
        with urllib.request.urlopen(f"{url}/api/v1/summary", timeout=5) as answer:  # noqa: S310 - our own address
            return dict(json.load(answer))
    except (urllib.error.URLError, OSError, ValueError):
        return {}


def enough(found: Mapping[str, int], trucks: int) -> bool:
    """Whether a visitor sees what the demonstration promises."""
    moving = found.get("vehicles_moving", 0) > MOVING_SHARE * trucks
    return moving and all(found.get(name, 0) >= least for name, least in FIRST_FIGURES.items())


def sign_ins(credentials: Credentials) -> str:
    """The visitor's sign-ins, for the terminal."""
    lines = [
        f"  {part:<10} {login.email:<26} {login.password}" for part, login in credentials.visitors.items()
    ]
    return "\n".join(["sign in as", *lines])
