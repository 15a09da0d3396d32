"""The tables of jobs and of the files that came with them."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA

job = sa.Table(
    "job",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("user_id", sa.String(40), nullable=True),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=True),
    sa.Column("error", sa.Text, nullable=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("max_tries", sa.Integer, nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("course", sa.Text, nullable=True),  # how the best plan so far came about, as JSON
    sa.Column("finish_asked_ms", sa.BigInteger, nullable=True),  # take the best so far and end
    sa.Column("lease_until_ms", sa.BigInteger, nullable=True),
    sa.Column("heartbeat_ms", sa.BigInteger, nullable=True),
    sa.Column("worker", sa.String(80), nullable=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("started_ms", sa.BigInteger, nullable=True),
    sa.Column("finished_ms", sa.BigInteger, nullable=True),
    sa.Column("parent_id", sa.String(40), nullable=True),  # of a sub-job
    sa.Column("checkpoint", sa.Text, nullable=True),  # of a job that waits for sub-jobs, or has
    sa.Column("sent_ms", sa.BigInteger, nullable=True),  # when its id was last handed to an outer engine
    sa.Index("ix_job_state_id", "state", "id"),
    sa.Index("ix_job_org_id_id", "org_id", "id"),
    sa.Index("ix_job_parent_id", "parent_id"),
)

file = sa.Table(
    "job_file",
    METADATA,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),  # gzip
)
