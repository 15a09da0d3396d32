"""The tables of the EPCIS repository. Everything belongs to an owner: a number that stands for an organization."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.rfid_ingest.tables import METADATA
from haoyun.tracking.tables import BIG_KEY

# Identities are compared byte by byte, also on PostgreSQL, whose order of texts may pass over punctuation: a pattern
# is a range of them.
KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

OWNER = sa.Table(
    "rfid_owner",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, unique=True),
)

# An event is told apart by its owner and id (`id_key`) and by what it says (`version`): an error declaration has the
# id of what it declares wrong, and others give one id to two events. Both are digests, so that the index stays small.
EVENT = sa.Table(
    "rfid_event",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Integer, nullable=False),
    sa.Column("id_key", sa.LargeBinary(16), nullable=False),
    sa.Column("version", sa.LargeBinary(8), nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),  # as given, else the event hash
    sa.Column("hash", sa.LargeBinary(32), nullable=False),  # of the content: CBV 2.0
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("action", sa.String(8)),
    sa.Column("event_ms", sa.BigInteger, nullable=False),
    sa.Column("recorded_ms", sa.BigInteger, nullable=False),
    sa.Column("biz_step", sa.Text),
    sa.Column("disposition", sa.Text),
    sa.Column("read_point", sa.Text),  # these two as index keys, see identity.py
    sa.Column("biz_location", sa.Text),
    sa.Column("context_id", sa.Integer),
    sa.Column("document", sa.Text, nullable=False),  # the event as it was captured
    sa.UniqueConstraint("id_key", "version", name="uq_rfid_event"),
    sa.Index("ix_rfid_event_time", "owner", "event_ms", "seq"),
    sa.Index("ix_rfid_event_recorded", "owner", "recorded_ms", "seq"),
)

# Every identity that an event names, in its role: one sorted tree, which is the table itself on SQLite.
EVENT_KEY = sa.Table(
    "rfid_event_key",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", KEY_TEXT, primary_key=True),
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("role", sa.String(8), primary_key=True),  # see roles.py
    sqlite_with_rowid=False,
)

# What was ever seen, for the discovery resources.
TERM = sa.Table(
    "rfid_term",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("value", KEY_TEXT, primary_key=True),
)

CONTEXT = sa.Table(
    "rfid_context",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("document", sa.Text, nullable=False),
)

MASTER_DATA = sa.Table(
    "rfid_master_data",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("vocabulary", sa.Text, primary_key=True),
    sa.Column("element", sa.Text, primary_key=True),  # an index key
    sa.Column("document", sa.Text, nullable=False),
)
MASTER_CHILD = sa.Table(
    "rfid_master_child",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("child", sa.Text, primary_key=True),
)

CAPTURE_JOB = sa.Table(
    "rfid_capture_job",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_ms", sa.BigInteger, nullable=False),
    sa.Column("behaviour", sa.String(8), nullable=False),  # rollback | proceed
    sa.Column("success", sa.Boolean, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),  # new ones; others were stored before or refused
    sa.Column("errors", sa.Text, nullable=False),  # JSON
    sa.Index("ix_rfid_capture_job_owner", "owner", "created_ms"),
)

NAMED_QUERY = sa.Table(
    "rfid_named_query",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", KEY_TEXT, primary_key=True),
    sa.Column("query", sa.Text, nullable=False),  # JSON
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)

# `cursor` is the last event that was looked at. A delivery that fails is tried again at `retry_ms`.
SUBSCRIPTION = sa.Table(
    "rfid_subscription",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.Integer, nullable=False),
    sa.Column("query_name", sa.String(200), nullable=False),
    sa.Column("dest", sa.Text, nullable=False),
    sa.Column("signature_token", sa.Text),
    sa.Column("schedule", sa.Text),  # JSON; null: whenever an event matches
    sa.Column("report_if_empty", sa.Boolean, nullable=False),
    sa.Column("epc_format", sa.String(32), nullable=False),
    sa.Column("initial_ms", sa.BigInteger, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("notified_ms", sa.BigInteger),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    sa.Column("due_ms", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Index("ix_rfid_subscription_query", "owner", "query_name"),
    sa.Index("ix_rfid_subscription_due", "due_ms"),
)

ENDED_PAGE = sa.Table(
    "rfid_ended_page",
    METADATA,
    sa.Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.LargeBinary(16), primary_key=True),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
)
