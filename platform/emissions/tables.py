"""The tables of emissions. Instants are epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA

# What is known of each confirmed order's transport; the figure follows from it and from the factors in force.
TRANSPORT = sa.Table(
    "emi_transport",
    METADATA,
    sa.Column("order_id", sa.String(40), primary_key=True),
    sa.Column("shipper_org", sa.String(40), nullable=False),
    sa.Column("carrier_org", sa.String(40), nullable=False),
    sa.Column("delivered_year", sa.Integer),  # empty: on its way
    sa.Column("weight_kg", sa.Integer, nullable=False),
    sa.Column("feasible_m", sa.Double, nullable=False),
    sa.Column("payload_kg", sa.Integer),
    sa.Column("on_board_kg", sa.Integer),
    sa.Column("driven_m", sa.Double),
    sa.Column("empty_m", sa.Double),
    sa.Column("cooled", sa.Boolean, nullable=False),
    sa.Column("fuel_l", sa.Double),
    sa.Column("wtw_g", sa.Double, nullable=False),  # with the factors of the day, for yearly totals
    sa.Column("tonne_km", sa.Double, nullable=False),
    sa.Column("quality", sa.String(8), nullable=False),  # shipment.DataQuality
    sa.Index("ix_emi_transport_shipper", "shipper_org", "delivered_year"),
    sa.Index("ix_emi_transport_carrier", "carrier_org", "delivered_year"),
)
