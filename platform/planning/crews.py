"""Search processes that stay warm from job to job, for as many jobs as run side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from types import TracebackType

from haoyun.routing import Crew


class Crews:
    """Lends crews that nobody else uses; close it, or use it as a context."""

    def __init__(self, first: int = 0) -> None:
        """The first crew starts that many processes at once, so that the first job finds them warm."""
        self._idle: LifoQueue[Crew] = LifoQueue()  # the last one used is the warmest
        if first:
            self._idle.put(Crew(first))

    def __enter__(self) -> Crews:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes that are not lent."""
        self.close()

    def close(self) -> None:
        """End all processes that are not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    @contextmanager
    def lent(self) -> Iterator[Crew]:
        """A crew for one search; it grows to as many processes as the search asks for."""
        try:
            crew = self._idle.get_nowait()
        except Empty:
            crew = Crew(0)
        try:
            yield crew
        finally:
            self._idle.put(crew)
