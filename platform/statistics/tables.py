"""The tables of statistics. Weeks are numbers (periods.py), instants epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA

FACT = sa.Table(
    "sta_fact",
    METADATA,
    sa.Column("measure", sa.String(20), primary_key=True),  # facts.Measure
    sa.Column("subject", sa.String(40), primary_key=True),  # id of an order, load or capacity
    sa.Column("week", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("cell", sa.String(16), nullable=False),
    sa.Column("to_cell", sa.String(16), nullable=False),
    sa.Column("shipper", sa.String(40), nullable=False),
    sa.Column("carrier", sa.String(40), nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("weight", sa.Double, nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False),  # it was one, and is none any more
    # As it stands in the released week; empty: not in it.
    sa.Column("released_value", sa.Double),
    sa.Column("released_weight", sa.Double),
    sa.Index("ix_sta_fact_week", "measure", "week"),
)

# Weeks of a series that have to be released, or that late facts opened again.
OPEN_WEEK = sa.Table(
    "sta_open_week",
    METADATA,
    sa.Column("series", sa.String(20), primary_key=True),
    sa.Column("week", sa.Integer, primary_key=True, autoincrement=False),
)

RELEASE = sa.Table(
    "sta_release",
    METADATA,
    sa.Column("series", sa.String(20), primary_key=True),
    sa.Column("period", sa.String(8), primary_key=True),  # 2026-W21, 2026-05
    sa.Column("first_week", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("final", sa.Boolean, nullable=False),
    sa.Column("released_ms", sa.BigInteger, nullable=False),
)

CELL = sa.Table(
    "sta_cell",
    METADATA,
    sa.Column("series", sa.String(20), primary_key=True),
    sa.Column("area", sa.String(20), primary_key=True),  # all, 310000, 310000>510000, an H3 cell
    sa.Column("period", sa.String(8), primary_key=True),
    sa.Column("level", sa.String(8), nullable=False),  # all | lane | division | cell
    sa.Column("first_week", sa.Integer, nullable=False),
    sa.Column("value", sa.Double),  # empty: withheld
    sa.Column("log_price", sa.Double),  # of prices: what the index is chained of, never published
    sa.Column("reference_year", sa.Integer),
    sa.Column("log_link", sa.Double),  # the period before by this year's table, where the year is new
    sa.Column("counted", sa.Integer, nullable=False),  # lower end of a class; 0: withheld
    sa.Column("contributors", sa.Integer, nullable=False),
    sa.Index("ix_sta_cell_period", "series", "period", "level"),
)

REFERENCE = sa.Table(
    "sta_reference",
    METADATA,
    sa.Column("series", sa.String(20), primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(24), primary_key=True),
    sa.Column("log_factor", sa.Double, nullable=False),
)
