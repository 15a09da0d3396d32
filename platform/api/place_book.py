"""The installation's place book for views: opened at first use, built beside the requests where there is none."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

import structlog

from haoyun.maps.errors import MapError
from haoyun.maps.gazetteer.place_book import PlaceBook, open_places
from haoyun.maps.gazetteer.place_file import current_path
from haoyun.platform.api.problems import Problem

RETRY_AFTER_S = 15  # a build takes about so long on a small machine
log = structlog.get_logger(__name__)


class _Keeper:
    """One for a folder and process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._book: PlaceBook | None = None
        self._builder: threading.Thread | None = None

    def ready(self) -> PlaceBook | None:
        """The book, or None while it is being built; a build that failed is tried again at the next call."""
        with self._lock:
            if self._book is None and current_path(self._folder).exists():
                self._book = open_places(self._folder)
            if self._book is None and (self._builder is None or not self._builder.is_alive()):
                self._builder = threading.Thread(target=self._build, name="place book", daemon=True)
                self._builder.start()
            return self._book

    def _build(self) -> None:
        try:
            open_places(self._folder)
        except (MapError, OSError) as error:
            log.error("the place book could not be built", folder=str(self._folder), reason=str(error))


@cache
def _keeper(folder: Path) -> _Keeper:
    return _Keeper(folder)


def find_place_book(folder: Path) -> PlaceBook | None:
    """The place book kept in `folder`, or None while it is being built, which the first call begins."""
    return _keeper(folder).ready()


def place_book(folder: Path) -> PlaceBook:
    """The place book kept in `folder`. Raises Problem 503 with Retry-After while it is being built."""
    found = find_place_book(folder)
    if found is None:
        raise Problem(
            503,
            "the place book is being built; try again in some seconds",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    return found
