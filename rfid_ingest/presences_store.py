"""Tags in areas, kept between batches: who is there, and since when somebody is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.clean.presence import Stay
from haoyun.rfid_ingest.reads_store import chunks
from haoyun.rfid_ingest.tables import PRESENCE
from haoyun.tracking.tables import upsert

Key = tuple[str, str]  # EPC, point


@dataclass(frozen=True, slots=True)
class KeptPresence:
    """A tag's last stay in an area, the antenna that heard it first, and when its last read was received.

    `gone_ms` is when it was found gone, None while it is there.
    """

    epc: str
    point: str
    reader_id: int
    antenna: int
    received_ms: int
    stay: Stay
    gone_ms: int | None = None


def presences_of(db: sa.Connection, keys: Iterable[Key]) -> Mapping[Key, KeptPresence]:
    """The last stays of these tags in these areas."""
    wanted = set(keys)
    found: dict[Key, KeptPresence] = {}
    for epcs in chunks({epc for epc, _point in wanted}):
        for row in db.execute(sa.select(PRESENCE).where(PRESENCE.c.epc_uri.in_(epcs))):
            if (row.epc_uri, row.point) in wanted:
                found[row.epc_uri, row.point] = _kept(row)
    return found


def present(db: sa.Connection) -> list[KeptPresence]:
    """Everything that is in an area."""
    return [_kept(row) for row in db.execute(sa.select(PRESENCE).where(PRESENCE.c.gone_ms.is_(None)))]


def save_presences(db: sa.Connection, changed: Sequence[KeptPresence]) -> None:
    """Write stays that are new, went on or ended."""
    if not changed:
        return
    insert = upsert(db, PRESENCE)
    again = {c.name: insert.excluded[c.name] for c in PRESENCE.columns if not c.primary_key}
    db.execute(
        insert.on_conflict_do_update(index_elements=list(PRESENCE.primary_key), set_=again),
        [_row(kept) for kept in changed],
    )


def _row(kept: KeptPresence) -> dict[str, Any]:
    return {
        "epc_uri": kept.epc,
        "point": kept.point,
        "reader_device_id": kept.reader_id,
        "antenna": kept.antenna,
        "received_ms": kept.received_ms,
        "arrived_ms": kept.stay.arrived_ms,
        "last_ms": kept.stay.last_ms,
        "counted_from_ms": kept.stay.counted_from_ms,
        "answers": orjson.dumps(kept.stay.answers).decode(),
        "gone_ms": kept.gone_ms,
    }


def _kept(row: Any) -> KeptPresence:
    stay = Stay(row.arrived_ms, row.last_ms, row.counted_from_ms, tuple(orjson.loads(row.answers)))
    return KeptPresence(
        row.epc_uri, row.point, row.reader_device_id, row.antenna, row.received_ms, stay, row.gone_ms
    )
