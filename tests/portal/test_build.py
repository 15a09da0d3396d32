"""The front-end build: skipped while nothing changed, complete when something did, silent about registries."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from haoyun.platform import build_assets

ASSETS = build_assets.PORTAL / "assets"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The portal's sources with translations, without anything built."""
    portal = tmp_path / "portal"
    ignore = shutil.ignore_patterns("node_modules", "dist", "*.mo", "__pycache__")
    shutil.copytree(build_assets.PORTAL, portal, ignore=ignore)
    return portal


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; the build script leaves the files that a real one leaves."""
    seen: list[list[str]] = []

    def run(command: list[str], folder: Path, node: str) -> None:
        seen.append(command)
        if command[1] == "build.mjs":
            dist = Path(command[2])
            dist.mkdir(parents=True, exist_ok=True)
            for name in ("portal.js", "portal.css", "map.css", "maplibre-worker.mjs"):
                (dist / name).write_text("built")

    monkeypatch.setattr(build_assets, "_run", run)
    return seen


def test_a_second_build_does_nothing(copy: Path, calls: list[list[str]]) -> None:
    build_assets.build_portal(copy)
    assert [command[1] for command in calls] == [calls[0][1], "build.mjs"]
    assert "ci" in calls[0] and "--ignore-scripts" in calls[0]
    build_assets.build_portal(copy)
    assert len(calls) == 2


@pytest.mark.parametrize("name", ["css/base.css", "js/map.js", "package-lock.json", "build.mjs"])
def test_a_changed_source_builds_again(copy: Path, calls: list[list[str]], name: str) -> None:
    build_assets.build_portal(copy)
    source = copy / "assets" / name
    source.write_text(source.read_text() + "\n")
    build_assets.build_portal(copy)
    assert [command[1] for command in calls].count("build.mjs") == 2


def test_a_missing_output_builds_again(copy: Path, calls: list[list[str]]) -> None:
    build_assets.build_portal(copy)
    (copy / "static" / "dist" / "map.css").unlink()
    build_assets.build_portal(copy)
    assert [command[1] for command in calls].count("build.mjs") == 2


def test_a_developers_node_modules_stay(copy: Path, calls: list[list[str]]) -> None:
    installed = copy / "assets" / "node_modules" / ".package-lock.json"
    installed.parent.mkdir()
    installed.write_text("{}")
    build_assets.build_portal(copy)
    assert [command[1] for command in calls] == ["build.mjs"]


def test_translations_are_compiled(copy: Path, calls: list[list[str]]) -> None:
    build_assets.build_portal(copy)
    assert len(list(copy.glob("translations/*/LC_MESSAGES/messages.mo"))) == 2


def test_a_failing_step_says_what_it_printed(tmp_path: Path) -> None:
    node, _ = build_assets._node_and_npm()
    with pytest.raises(build_assets.BuildError, match="no such thing"):
        build_assets._run([node, "-e", "console.error('no such thing'); process.exit(3)"], tmp_path, node)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ASSETS / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert "omit-lockfile-registry-resolved=true" in (ASSETS / ".npmrc").read_text()


def test_versions_are_pinned_exactly() -> None:
    package = json.loads((ASSETS / "package.json").read_text())
    for version in {**package["dependencies"], **package["devDependencies"]}.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
