"""The rules of the house, read from the imports themselves."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("maps", "routing", "tracking", "rfid_ingest", "platform")
MAY_IMPORT = {
    "maps": set(),
    "routing": {"maps"},
    "tracking": {"maps"},
    "rfid_ingest": {"tracking", "maps"},
    "platform": {"rfid_ingest", "tracking", "routing", "maps"},
}
PURE_ROOMS = ("maps", "routing")
IO_PACKAGES = {"sqlalchemy", "flask", "apiflask", "paho", "alembic"}
# Inside platform: what stands on a line may import what stands on a later line, never an earlier one.
PLATFORM_ORDER = (
    {"cli", "celery_app", "commands", "demo", "supervisor", "processes", "listening"},
    {"portal", "live"},
    {"epcis_api"},
    {"api"},
    {"services", "migrations"},
    {"planning"},
    {"docks"},
    {"publishing"},
    {"statistics"},
    {"emissions"},
    {"alerts"},
    {"webhooks"},
    {"rounds"},
    {"warehouse"},
    {"trading"},
    {"market"},
    {"accounts"},
    {"jobs"},
    {
        "idempotency",
        "metadata",
        "ids",
        "settings",
        "setting_rules",
        "figure_settings",
        "basemap",
        "database",
        "group_commit",
        "time_limit",
        "backup",
        "build_assets",
        "logs",
        "signals",
        "broker_address",
        "zones",
    },
)


@cache
def modules(room: str) -> list[Path]:
    return [p for p in sorted((ROOT / room).rglob("*.py")) if "node_modules" not in p.parts]


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax, parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every imported module of a file, wherever in the file it stands."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "haoyun" and len(parts) > 1 else None


def platform_part(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["haoyun", "platform"] and len(parts) > 2 else None


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(room)
        for name in imports(path)
        if (other := room_of(name)) and other != room and other not in MAY_IMPORT[room]
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_a_pure_room_knows_no_database_web_or_broker(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(room)
        for name in imports(path)
        if name.split(".")[0] in IO_PACKAGES
    ]
    assert not wrong, wrong


def test_only_one_file_knows_the_routing_library_of_or_tools() -> None:
    knowing = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if any(
            name.startswith("ortools.constraint_solver") or name.startswith("ortools.routing")
            for name in imports(path)
        )
    }
    assert knowing == {"routing/model.py"}


def test_inside_the_platform_imports_point_down() -> None:
    level = {part: i for i, parts in enumerate(PLATFORM_ORDER) for part in parts}
    wrong = []
    for path in modules("platform"):
        own = path.relative_to(ROOT / "platform").parts[0].removesuffix(".py")
        assert own in level, f"platform/{own} has no place in PLATFORM_ORDER"
        for name in imports(path):
            part = platform_part(name)
            if part and part != own and part in level and level[part] < level[own]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, wrong


def _module_name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return "haoyun." + ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_import_runs_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    names = {_module_name(p) for room in ROOMS for p in modules(room)}
    for room in ROOMS:
        for path in modules(room):
            own = _module_name(path)
            tree = tree_of(path)
            top_level = ast.Module(
                body=[n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], type_ignores=[]
            )
            found: set[str] = set()
            for node in top_level.body:
                if isinstance(node, ast.ImportFrom) and node.module:
                    found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
                elif isinstance(node, ast.Import):
                    found |= {a.name for a in node.names}
            graph[own] = (found & names) - {own}
    done: set[str] = set()

    def walk(node: str, way: tuple[str, ...]) -> None:
        assert node not in way, " -> ".join([*way[way.index(node) :], node])
        if node in done:
            return
        for other in sorted(graph[node]):
            # A package's __init__ that gathers names from its own files is not a circle of rooms.
            if not node.startswith(other + "."):
                walk(other, (*way, node))
        done.add(node)

    for name in sorted(graph):
        walk(name, ())


def test_platform_has_no_init_file() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists(), "it would shadow the standard library's platform"


def test_the_standard_library_wins_from_the_root_of_the_repository() -> None:
    code = "import platform, uuid, sqlalchemy; assert platform.system(); import haoyun.platform.settings"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_every_package_is_listed_for_the_wheel() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(config["options"]["packages"].split())
    found = {
        "haoyun." + ".".join(init.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for init in (ROOT / room).rglob("__init__.py")
        if "node_modules" not in init.parts
    } | {"haoyun.platform"}
    assert listed == found


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_grows_past_four_hundred_lines(room: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(room)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
        and "_versions" not in str(path)
    }
    assert not long, long


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_swallows_every_exception(room: str) -> None:
    wrong = []
    for path in modules(room):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None
                or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, wrong


def test_type_checkers_see_the_rooms_through_the_committed_links() -> None:
    for room in ROOMS:
        link = ROOT / ".typing" / "haoyun" / room
        assert link.is_symlink() and link.resolve() == ROOT / room
