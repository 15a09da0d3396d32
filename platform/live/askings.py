"""One asking for all who want the same answer at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gevent.event import AsyncResult


class Askings:
    """Answers that are being asked for, by key. After a restart thousands of streams open at once; of each audience
    the first asks what may be seen, and the others wait for that answer."""

    def __init__(self) -> None:
        self._open: dict[str, AsyncResult] = {}

    def answer(self, key: str, ask: Callable[[], Any]) -> Any:
        """What `ask` returns or raises, to everybody who came while it was running; later ones ask again."""
        if key in self._open:
            return self._open[key].get()
        shared = self._open[key] = AsyncResult()
        try:
            found = ask()
        except BaseException as error:  # passed on to who waits, and raised here
            shared.set_exception(error)
            raise
        finally:
            del self._open[key]
        shared.set(found)
        return found
