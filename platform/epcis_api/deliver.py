"""The follower that serves EPCIS subscriptions, in a thread of its own: a slow receiver holds nobody else up."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial

from haoyun.platform.database import Databases, reading
from haoyun.rfid_ingest.epcis.subscriptions.deliver import Post, deliver_due
from haoyun.rfid_ingest.epcis.subscriptions.post import post


class SubscriptionFollower:
    """Called by the worker every second; begins a round of deliveries when the last one has ended."""

    def __init__(self, *, private: bool, send: Post | None = None) -> None:
        """`private` allows receivers in the own network."""
        self._send: Post = send or partial(post, private=private)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="subscriptions")
        self._round: Future[int] | None = None
        self._lock = threading.Lock()

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Returns how many documents the last round delivered; raises what it raised."""
        with self._lock:
            if self._round is not None and not self._round.done():
                return 0
            ended, self._round = self._round, self._pool.submit(self._deliver, databases, now)
        return ended.result() if ended is not None else 0

    def wait(self) -> int:
        """Wait for the round that runs. Returns how many documents it delivered."""
        return self._round.result() if self._round is not None else 0

    def _deliver(self, databases: Databases, now: datetime) -> int:
        engine = databases.tracking
        return deliver_due(reading(engine).connect, engine.begin, self._send, now)
