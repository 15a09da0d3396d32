"""Files that belong to a job: too large for its row, which every list reads."""

from __future__ import annotations

import gzip

import sqlalchemy as sa

from haoyun.platform.jobs.tables import file as t

_LEVEL = 5  # matrices of figures shrink to a fifth; the highest level takes four times as long


def attach(db: sa.Connection, job_id: str, name: str, content: bytes) -> None:
    """Keep a file with the job; the one of that name before is replaced."""
    db.execute(sa.delete(t).where(t.c.job_id == job_id, t.c.name == name))
    row = {"job_id": job_id, "name": name, "content": gzip.compress(content, _LEVEL)}
    db.execute(sa.insert(t).values(row))


def find_attached(db: sa.Connection, job_id: str, name: str) -> bytes | None:
    """The content of the job's file of that name; None if it has none."""
    found = db.execute(sa.select(t.c.content).where(t.c.job_id == job_id, t.c.name == name)).scalar()
    return None if found is None else gzip.decompress(found)
