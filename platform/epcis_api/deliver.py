"""The follower that serves EPCIS subscriptions: a few at a time, in threads of their own.

A receiver that is slow or does not answer holds up itself, and at most a part of its organization's others: each
organization has a few of the threads at most.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial

from haoyun.platform.database import Databases, reading
from haoyun.rfid_ingest.epcis.subscriptions.deliver import Post, due_now, serve
from haoyun.rfid_ingest.epcis.subscriptions.post import post
from haoyun.rfid_ingest.epcis.subscriptions.store import Subscription

AT_ONCE = 8  # receivers that are told at the same moment
AT_ONCE_OF_OWNER = 2  # of them, one organization's


class SubscriptionFollower:
    """Called by the worker every second; begins deliveries as far as there are threads for them."""

    def __init__(self, *, private: bool, send: Post | None = None) -> None:
        """`private` allows receivers in the own network."""
        self._send: Post = send or partial(post, private=private)
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="subscriptions")
        self._running: dict[str, tuple[Subscription, Future[int]]] = {}
        self._lock = threading.Lock()

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Returns how many documents were taken since the last call; raises what a delivery raised."""
        engine = databases.tracking
        with self._lock:
            taken = self._collected()
            of_owner = Counter(one.owner for one, _future in self._running.values())
            for one in due_now(reading(engine).connect, now):
                if len(self._running) >= AT_ONCE:
                    break
                if one.id not in self._running and of_owner[one.owner] < AT_ONCE_OF_OWNER:
                    of_owner[one.owner] += 1
                    told = self._pool.submit(
                        serve, reading(engine).connect, engine.begin, self._send, one, now
                    )
                    self._running[one.id] = (one, told)
        return taken

    def wait(self) -> int:
        """Wait for the deliveries that run. Returns how many documents were taken since the last call."""
        wait([future for _one, future in self._running.values()])
        with self._lock:
            return self._collected()

    def _collected(self) -> int:
        ended = [name for name, (_one, future) in self._running.items() if future.done()]
        return sum(self._running.pop(name)[1].result() for name in ended)
