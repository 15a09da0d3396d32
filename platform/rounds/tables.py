"""The tables of rounds. Instants are epoch milliseconds (`*_ms`), money is fen."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA

ROUND = sa.Table(
    "rnd_round",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("job_id", sa.String(40), nullable=False, unique=True),  # a job that runs twice proposes once
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("figures", sa.Text, nullable=False),  # JSON: before, after, bound_fen, open_loads, open_trucks
    sa.Index("ix_rnd_round_created", "created_ms"),
)

# One load in one truck's way. A truck's lines are in order of `position`; lines of one position share the vehicle.
LINE = sa.Table(
    "rnd_line",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("round_id", sa.String(40), nullable=False),
    sa.Column("truck", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("load_id", sa.String(40), nullable=False),
    sa.Column("terms", sa.Integer, nullable=False),  # the wording of the load that was planned with
    sa.Column("capacity_id", sa.String(40), nullable=False),  # the offer that it would be booked on
    sa.Column("shipper_org", sa.String(40), nullable=False),
    sa.Column("carrier_org", sa.String(40), nullable=False),
    sa.Column("pickup_ms", sa.BigInteger, nullable=False),
    sa.Column("delivery_ms", sa.BigInteger, nullable=False),
    sa.Column("free_ms", sa.BigInteger, nullable=False),  # when the vehicle is free after the whole position
    sa.Column(
        "empty_m", sa.Double
    ),  # to the first pickup of the position; empty: where the truck is, is unknown
    sa.Column("loaded_m", sa.Double, nullable=False),  # of the whole position
    sa.Column("contribution_fen", sa.BigInteger, nullable=False),  # of the whole position
    sa.Column("expected_fen", sa.BigInteger, nullable=False),  # the load's price, fixed or expected
    sa.Column("price_fen", sa.BigInteger, nullable=False),  # what is proposed: less the load's share
    sa.Column("pool", sa.Text),  # JSON: saving_fen, samples, and each player's share
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("quote_id", sa.String(40)),
    sa.Column("quoted_by", sa.String(40)),  # the organization
    sa.Index("ix_rnd_line_round", "round_id", "truck", "position", "id"),
    sa.Index("ix_rnd_line_shipper", "shipper_org", "round_id"),
    sa.Index("ix_rnd_line_carrier", "carrier_org", "round_id"),
    sa.Index("ix_rnd_line_state", "state", "round_id"),
)
