"""Files that are made once for each release and then only sent: pictures, whole series."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

_making = threading.Lock()  # one at a time: each takes a second of a core


def kept_file(folder: Path, name: str, version: str, make: Callable[[IO[bytes]], None]) -> Path:
    """``<folder>/<stem>-<version><suffix>`` of `name`, made if it is not there; older versions go but one.

    Whoever reads while another makes it sees a whole file or none.
    """
    stem, dot, suffix = name.rpartition(".")
    path = folder / f"{stem}-{version}{dot}{suffix}"
    with _making:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f"{path.name}.{os.getpid()}.part")
            with half.open("wb") as file:
                make(file)
            before = sorted(folder.glob(f"{stem}-v*{dot}{suffix}"), key=lambda old: old.stat().st_mtime)
            for old in before[:-1]:  # the newest may be on its way to somebody
                old.unlink(missing_ok=True)
            half.replace(path)
    return path
