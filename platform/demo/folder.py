"""The data folder of a demonstration: which one may be used, wiped, and by how many at once."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from haoyun.platform.demo.errors import NotADemo

MARKER = ".haoyun-demo"
LOCK = f"{MARKER}.lock"
KEPT_WHEN_FRESH = frozenset({MARKER, LOCK, "maps"})


def demo_folder(data: Path) -> Path:
    """Where the demonstration keeps its own files."""
    return data / "demo"


def refuse_foreign(data: Path) -> None:
    """Raises NotADemo for a folder with somebody's real installation: no marker of ours, but databases."""
    if not (data / MARKER).exists() and any(data.glob("*.db")):
        raise NotADemo(
            f"{data} holds an installation that is no demonstration; name another folder with --data"
        )


def claim_folder(data: Path, *, fresh: bool) -> None:
    """Make `data` the demonstration's; with `fresh`, wiped (imported maps stay). Raises NotADemo."""
    refuse_foreign(data)
    marker = data / MARKER
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if fresh and marker.exists():
        for entry in data.iterdir():
            if entry.name not in KEPT_WHEN_FRESH:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    marker.touch()
    demo_folder(data).mkdir(exist_ok=True, mode=0o700)


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with this process. Raises NotADemo if another one has it."""
    refuse_foreign(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotADemo(f"a demonstration is already running in {data}") from None
        yield
