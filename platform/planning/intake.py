"""Files that somebody hands in become jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts import Actor
from haoyun.platform.jobs import Job, attach, enqueue
from haoyun.platform.planning import OPTIMIZE, PROBLEM_FILE, VEHICLES_FILE
from haoyun.platform.planning.request import read_files, unpacked
from haoyun.routing import ReadResult

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A problem as a file, with a CSV of vehicles where it holds orders alone; `options` as in a job's payload."""

    content: bytes
    vehicles: bytes | None
    options: Mapping[str, Any]
    name: str = ""

    def read(self) -> ReadResult:
        """The problem. Raises BadFormat with what is wrong where, TooLarge."""
        return read_files(self.content, self.vehicles or None)


def enqueue_upload(db: sa.Connection, actor: Actor, upload: Upload, now: datetime) -> Job:
    """Queue the upload, of which somebody has looked that it can be read."""
    payload = {**upload.options, "file": upload.name[:_LONGEST_NAME]}
    job = enqueue(db, kind=OPTIMIZE, org_id=actor.org_id, user_id=actor.user_id, payload=payload, now=now)
    attach(db, job.id, PROBLEM_FILE, unpacked(upload.content))
    if upload.vehicles:
        attach(db, job.id, VEHICLES_FILE, upload.vehicles)
    return job
