"""The tables of rfid_ingest. Instants are epoch milliseconds (`*_ms`); readers are tracking's device ids."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.tracking.tables import BIG_KEY

METADATA = sa.MetaData(schema="rfid")

# A short ring: the reads of a message are kept some days for diagnosis, what they mean is kept as events. One row a
# message, and `digest` names its reads, so that a message which comes twice is seen to be the same.
READ_BATCH = sa.Table(
    "rfid_read_batch",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("reader_device_id", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(32), nullable=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("reads", sa.Integer, nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),  # JSON: antenna, epc, ms and rssi, a list each
    sa.UniqueConstraint("reader_device_id", "digest", name="uq_rfid_read_batch"),
)

# How many reads left the ring, so that the count of all reads outlives it. One row.
RING = sa.Table(
    "rfid_ring",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("pruned_reads", sa.BigInteger, nullable=False),
)

READ_POINT = sa.Table(
    "rfid_read_point",
    METADATA,
    sa.Column("reader_device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("antenna", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.String(120), nullable=False),
    sa.Column("site_key", sa.String(80), nullable=False),
    sa.Column("gln", sa.String(13)),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("direction", sa.String(3), nullable=False),  # in | out
    sa.Column("biz_step", sa.String(120), nullable=False),
    sa.Column("disposition", sa.String(120)),
    sa.Column("milestone_code", sa.String(8)),
    sa.Column("mode", sa.String(8), nullable=False, server_default="gate"),  # gate | portal | presence
    sa.Column("side", sa.String(5)),  # of a portal: inner | outer
    sa.Column("back_step", sa.String(120)),
    sa.Column("back_milestone", sa.String(8)),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
)

# Visits: see clean/dedup.py. `started_ms` is the time of the visit's event.
SESSION = sa.Table(
    "rfid_session",
    METADATA,
    sa.Column("epc_uri", sa.String(160), primary_key=True),
    sa.Column("point", sa.String(210), primary_key=True),
    sa.Column("started_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
)

# Tags in areas, each its last stay there: see clean/presence.py. `gone_ms` null: it is there.
PRESENCE = sa.Table(
    "rfid_presence",
    METADATA,
    sa.Column("epc_uri", sa.String(160), primary_key=True),
    sa.Column("point", sa.String(210), primary_key=True),
    sa.Column("reader_device_id", sa.Integer, nullable=False),
    sa.Column("antenna", sa.Integer, nullable=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("arrived_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Column("counted_from_ms", sa.BigInteger, nullable=False),
    sa.Column("answers", sa.Text, nullable=False),  # JSON
    sa.Column("gone_ms", sa.BigInteger, index=True),
)

# What a gate read meant when it was read: the read point's configuration may change, the past does not.
PASSAGE = sa.Table(
    "rfid_passage",
    METADATA,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("epc_uri", sa.String(160), nullable=False),
    sa.Column("epc_key", sa.String(160), nullable=False, server_default=""),  # see epcis/identity.py
    sa.Column("reader", sa.String(40), nullable=False),  # the device's name, for the evidence
    sa.Column("antenna", sa.Integer, nullable=False),
    sa.Column("passed_ms", sa.BigInteger, nullable=False),
    sa.Column("place", sa.String(120), nullable=False),
    sa.Column("site_key", sa.String(80), nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("milestone_code", sa.String(8)),
    sa.Index("ix_rfid_passage_key", "epc_key", "passed_ms"),
    sa.Index("ix_rfid_passage_site", "site_key", "passed_ms"),  # who passed here just now
)

# Which EPC travels on which journey. Reads count from `since_ms` (the journey's start) to `unbound_ms`. An identity
# has many spellings (a "+" tag is read as a link, a classic one as a URN): `epc_key` is the same for all of them.
BINDING = sa.Table(
    "rfid_binding",
    METADATA,
    sa.Column("epc_uri", sa.String(160), primary_key=True),
    sa.Column("journey_id", sa.String(40), primary_key=True),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
    sa.Column("bound_ms", sa.BigInteger, nullable=False),
    sa.Column("unbound_ms", sa.BigInteger),
    sa.Column("epc_key", sa.String(160), nullable=False, server_default=""),
    sa.Index("ix_rfid_binding_journey", "journey_id"),
    sa.Index("ix_rfid_binding_key", "epc_key"),
)

# Stays in portals: the sums of clean/crossing.py. `outcome` is empty until the stay is judged, and again when late
# reads came; `reported` is what the event says that was made of it.
CROSSING = sa.Table(
    "rfid_crossing",
    METADATA,
    sa.Column("epc_uri", sa.String(160), primary_key=True),
    sa.Column("point", sa.String(210), primary_key=True),
    sa.Column("started_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Column("peak_dbm", sa.Float, nullable=False),
    *(
        sa.Column(f"{side}_{name}", sa.Integer if name == "reads" else sa.Double, nullable=False)
        for side in ("inner", "outer")
        for name in ("reads", "weight", "moment", "square", "weight2")
    ),
    sa.Column("reader_device_id", sa.Integer, nullable=False),
    sa.Column("antenna", sa.Integer, nullable=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String(8)),
    sa.Column("reported", sa.String(8)),
    sa.Column("event_seq", sa.BigInteger),
    sa.Index("ix_rfid_crossing_point", "point", "last_ms"),
    sa.Index("ix_rfid_crossing_outcome", "outcome", "last_ms"),
)

# How far each reader's clock runs ahead; see clean/clock.py.
READER_CLOCK = sa.Table(
    "rfid_reader_clock",
    METADATA,
    sa.Column("reader_device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("ahead_ms", sa.BigInteger, nullable=False),
)

# The last that a reader said of itself, by kind and antenna (-1: none).
READER_HEALTH = sa.Table(
    "rfid_reader_health",
    METADATA,
    sa.Column("reader_device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("antenna", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("said_ms", sa.BigInteger),
    sa.Column("detail", sa.String(200), nullable=False),
)

# Where the reads are in the JSON of a reader of kind `mapped`.
READER_MAPPING = sa.Table(
    "rfid_reader_mapping",
    METADATA,
    sa.Column("reader_device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
)

# What is odd about a journey's evidence; see findings.py. `occurrence` tells two of one kind apart.
FINDING = sa.Table(
    "rfid_finding",
    METADATA,
    sa.Column("journey_id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),  # missed_read | temperature
    sa.Column("occurrence", sa.String(120), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),  # waiting | raised | withdrawn | met
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # JSON
    sa.Index("ix_rfid_finding_state", "state", "until_ms"),
)

# How far this room's followers have read tracking's milestones.
CURSOR = sa.Table(
    "rfid_cursor",
    METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
