"""Conditions that ask master data, as conditions that ask the event alone."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.query.criteria import (
    ColumnIn,
    Criterion,
    HasAttribute,
    PlaceWithin,
    Resolved,
    Says,
    View,
)
from haoyun.rfid_ingest.epcis.query.flexible import identities_in
from haoyun.rfid_ingest.epcis.repository.master_data import attributes_of, with_descendants


def resolve(db: sa.Connection, owner: int, criterion: Criterion) -> Resolved:
    """The criterion with what master data says of places and attributes."""
    if isinstance(criterion, PlaceWithin):
        return ColumnIn(criterion.column, with_descendants(db, owner, criterion.keys))
    if isinstance(criterion, HasAttribute):
        return _attribute(db, owner, criterion)
    return criterion


def _attribute(db: sa.Connection, owner: int, criterion: HasAttribute) -> Says:
    def test(view: View) -> bool:
        keys = sorted(identities_in(view, criterion.field))
        known = attributes_of(db, owner, keys) if keys else {}
        return any(
            criterion.attribute in attributes
            and (criterion.values is None or str(attributes[criterion.attribute]) in criterion.values)
            for attributes in known.values()
        )

    return Says(test)
