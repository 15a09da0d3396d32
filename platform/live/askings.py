"""One asking for all who want the same answer at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gevent.event import Event


@dataclass(slots=True)
class _Asking:
    """`found` holds the answer once there is one; it stays empty where asking failed."""

    over: Event = field(default_factory=Event)
    found: list[Any] = field(default_factory=list)


class Askings:
    """Answers that are being asked for, by key. After a restart thousands of streams open at once; of each audience
    the first asks what may be seen, and the others wait for that answer."""

    def __init__(self) -> None:
        self._open: dict[str, _Asking] = {}

    def answer(self, key: str, ask: Callable[[], Any]) -> Any:
        """What `ask` returns, to everybody who came while it was running; later ones ask again.

        Raises what `ask` raises. Who waited for an asking that failed asks for itself.
        """
        while (running := self._open.get(key)) is not None:
            running.over.wait()
            if running.found:
                return running.found[0]
        asking = self._open[key] = _Asking()
        try:
            asking.found.append(ask())
        finally:
            del self._open[key]
            asking.over.set()
        return asking.found[0]
