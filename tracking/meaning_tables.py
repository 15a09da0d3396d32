"""The tables of what positions mean: folds, events, trips, fences, rules, exceptions. See meaning_store.py."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.tracking.tables import BIG_KEY, METADATA

# The fold after the newest fix that was read of a device.
FOLD = sa.Table(
    "trk_fold",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # JSON of steps.fold.Fold
)

# Earlier folds, from which a late fix is read in; at most one for each hour of fix time.
CHECKPOINT = sa.Table(
    "trk_checkpoint",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

# Devices that nobody follows whose fixes came late: since when they are to be read again (reading.py).
LATE = sa.Table(
    "trk_late",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
)

# Fixes that the pipeline does not believe, and why (fixes.FixFlag). History keeps them as they came.
DOUBT = sa.Table(
    "trk_doubt",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fix_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("flags", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What others follow with a cursor on id: a change of an event gives its row a new id.
EVENT = sa.Table(
    "trk_event",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("device_id", sa.Integer, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("journey_id", sa.String(40), index=True),
    sa.Column("lat", sa.Double),
    sa.Column("lon", sa.Double),
    sa.Column("data", sa.Text, nullable=False),  # JSON object
    sa.Column("recorded_ms", sa.BigInteger, nullable=False),
    sa.Column("amends", sa.BigInteger),  # the id under which it was told before a late fix moved it
    sa.Column("withdrawn_ms", sa.BigInteger),
    sa.UniqueConstraint("device_id", "at_ms", "seq", "kind", "subject", name="uq_trk_event"),
    sqlite_autoincrement=True,  # a cursor must never meet a number again
)

SEGMENT = sa.Table(
    "trk_segment",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("start_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("driving", sa.Boolean, primary_key=True, autoincrement=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("start_lat", sa.Double, nullable=False),
    sa.Column("start_lon", sa.Double, nullable=False),
    sa.Column("end_lat", sa.Double, nullable=False),
    sa.Column("end_lon", sa.Double, nullable=False),
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("moving_s", sa.Double, nullable=False),
    sa.Column("max_kmh", sa.Double, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    # Matching to the roads: 0 waits, above 0 a round works on it, MATCHED done. A trip written anew waits again.
    sa.Column("match_mark", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sqlite_with_rowid=False,
)
MATCHED = -1
sa.Index(
    "ix_trk_segment_waits",
    SEGMENT.c.end_ms,
    sqlite_where=sa.and_(SEGMENT.c.driving, ~SEGMENT.c.open, SEGMENT.c.match_mark > MATCHED),
    postgresql_where=sa.and_(SEGMENT.c.driving, ~SEGMENT.c.open, SEGMENT.c.match_mark > MATCHED),
)

# Closed trips on the roads of a map, and what they taught about them (maps.learning.marks).
TRIP_ROAD = sa.Table(
    "trk_trip_road",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("start_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("network", sa.String(16), nullable=False),  # maps.learning.observed.network_key
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("on_road", sa.Double, nullable=False),
    sa.Column("taught", sa.LargeBinary, nullable=False),
)

FENCE = sa.Table(
    "trk_fence",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("shape", sa.Text, nullable=False),  # GeoJSON geometry with radius_m
    sa.Column("dwell_s", sa.Integer),
    sa.Column("speed_limit_kmh", sa.Float),
    sa.Column("valid_from_ms", sa.BigInteger, nullable=False),
    sa.Column("valid_until_ms", sa.BigInteger),
    sa.Column("calendar", sa.Text),  # JSON of calendars.Calendar; empty: always
)

# The rules of an organization from an instant on.
RULES = sa.Table(
    "trk_rules",
    METADATA,
    sa.Column("org_id", sa.String(40), primary_key=True),
    sa.Column("since_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("rules", sa.Text, nullable=False),  # JSON of steps.rules.Rules
)

# The planned way of a journey, and what was last said of its arrival.
WAY = sa.Table(
    "trk_way",
    METADATA,
    sa.Column("journey_id", sa.String(40), primary_key=True),
    sa.Column("points", sa.Text, nullable=False),  # JSON [[lat, lon], …]
    sa.Column("corridor_m", sa.Float, nullable=False),
)

# The learned travel times of that way (way_times.py).
WAY_TIMES = sa.Table(
    "trk_way_times",
    METADATA,
    sa.Column("journey_id", sa.String(40), primary_key=True),
    sa.Column("learned_ms", sa.BigInteger, nullable=False),
    sa.Column("times", sa.LargeBinary, nullable=False),
)

ESTIMATE = sa.Table(
    "trk_estimate",
    METADATA,
    sa.Column("journey_id", sa.String(40), primary_key=True),
    sa.Column("told_ms", sa.BigInteger, nullable=False),
    sa.Column("told", sa.Text, nullable=False),  # JSON of eta.Told
)

# Estimates kept to see what became of them, one for each rung of remaining time (spread.rung). See looks_store.py.
LOOK = sa.Table(
    "trk_look",
    METADATA,
    sa.Column("journey_id", sa.String(40), primary_key=True),
    sa.Column("rung", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),  # of the position
    sa.Column("plain_s", sa.Double, nullable=False),  # that remained by the estimate, without a span
    sa.Column("learned", sa.Boolean, nullable=False),  # by learned travel times, or by the speed of the plan
)

# The span that those taught.
SPREAD = sa.Table(
    "trk_spread",
    METADATA,
    sa.Column("learned", sa.Boolean, primary_key=True),  # of estimates by learned travel times
    sa.Column("learned_ms", sa.BigInteger, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("ratio", sa.Text, nullable=False),  # JSON of spread.Spread
)

# What was said before a late fix corrected it.
AMENDMENT = sa.Table(
    "trk_amendment",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("journey_id", sa.String(40), nullable=False, index=True),
    sa.Column("code", sa.String(8), nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("was_ms", sa.BigInteger, nullable=False),
    sa.Column("was_recorded_ms", sa.BigInteger, nullable=False),
    sa.Column("was_evidence", sa.Text, nullable=False),  # JSON object
    sa.Column("now_ms", sa.BigInteger),  # empty: it did not happen
    sa.Column("amended_ms", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
)

# Something wrong with a shipment that somebody should look at: a flag beside the state.
EXCEPTION = sa.Table(
    "trk_exception",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("journey_id", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("occurred_ms", sa.BigInteger, nullable=False),
    sa.Column("raised_ms", sa.BigInteger, nullable=False),
    sa.Column("cleared_ms", sa.BigInteger),
    sa.Column("evidence", sa.Text, nullable=False),  # JSON object
    sa.Column("settled_ms", sa.BigInteger),
    sa.Column("settled_by", sa.String(40)),  # the person's id
    sa.Column("note", sa.Text),
    sa.UniqueConstraint("journey_id", "kind", "subject", name="uq_trk_exception"),
)

# When the driver of a device is off duty, so that nothing of it is kept.
OFF_DUTY = sa.Table(
    "trk_off_duty",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("from_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("until_ms", sa.BigInteger),
)

__all__ = [
    "AMENDMENT",
    "CHECKPOINT",
    "DOUBT",
    "ESTIMATE",
    "EVENT",
    "EXCEPTION",
    "FENCE",
    "FOLD",
    "LATE",
    "LOOK",
    "MATCHED",
    "OFF_DUTY",
    "RULES",
    "SEGMENT",
    "SPREAD",
    "TRIP_ROAD",
    "WAY",
    "WAY_TIMES",
]
