"""Several small transactions as one: what many requests want to store at the same moment costs one commit.

A commit waits for the disk, for all alike. So the first that comes leads: it does its own work, and that of all who
have come meanwhile, in one transaction. Everybody returns after the commit, or with an error of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

import sqlalchemy as sa
import structlog

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
log = structlog.get_logger(__name__)
MOST_TOGETHER = 16  # works of one transaction; who waits for the lock of the database waits for all of them


class _Entry:
    """One who waits: the work, and what came of it."""

    __slots__ = ("alone", "done", "result", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.alone = False  # a transaction with others failed
        self.done = False
        self.result: object = None


class _Setback:
    """Ends a transaction of several quietly: whose fault it was gets the error again, and by itself."""

    def __init__(self, works: int) -> None:
        self._works = works

    def __enter__(self) -> None: ...

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            log.warning("works are stored one by one", works=self._works, error=str(error)[:200])
            return True
        return False


class GroupCommit:
    """Runs works in transactions of an engine; works of several threads share one."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waiting: list[_Entry] = []
        self._list = threading.Lock()
        self._turn = threading.Lock()  # held by the one who leads

    def run(self, work: Work[T]) -> T:
        """Run the work and return its result when it is committed; raises what it raised, nothing stored then.

        A work may be run twice, and by another thread: where a transaction of several fails, each is run by itself.
        """
        entry = _Entry(work)
        with self._list:
            self._waiting.append(entry)
        with self._turn:
            if not entry.done:
                self._lead(entry)
        return cast(T, entry.result)

    def _lead(self, own: _Entry) -> None:
        group = self._taken(own)
        if len(group) > 1:
            with _Setback(len(group)):
                self._commit(group)
        if not own.done:
            self._commit([own])

    def _taken(self, own: _Entry) -> list[_Entry]:
        with self._list:
            if own in self._waiting:
                self._waiting.remove(own)
            if own.alone:
                return [own]
            others = self._waiting[: MOST_TOGETHER - 1]
            del self._waiting[: MOST_TOGETHER - 1]
        return [own, *others]

    def _commit(self, group: list[_Entry]) -> None:
        for entry in group:
            entry.alone = True  # whoever is not done after this tries by itself
        with self._engine.begin() as db:
            results = [entry.work(db) for entry in group]
        for entry, result in zip(group, results, strict=True):
            entry.result, entry.done = result, True
