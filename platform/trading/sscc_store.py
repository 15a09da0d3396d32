"""Numbers of logistic units (SSCC): each is given once, whoever asks at the same moment and whatever fails after.

An SSCC is an extension digit, the company prefix, a serial reference counted up from 1, and a check digit: 17 digits
without the last. GS1 gives the extension digit no meaning; it makes the range ten times as long.
"""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.market.errors import Conflict
from haoyun.platform.trading.tables import SERIAL
from haoyun.rfid_ingest import sscc_epc
from haoyun.tracking.tables import insert_new

EXTENSIONS = range(10)
_DIGITS = 16  # of company prefix and serial reference together


def allocate_units(
    db: sa.Connection, company_prefix: str, count: int, extension: int | None = None
) -> tuple[str, ...]:
    """The pure identity URIs of `count` new logistic units, their serials in a row.

    Without an extension digit the first is taken whose range has room. Raises Conflict (`sscc_exhausted`) and takes
    nothing where none has; serials of a transaction that is rolled back are free again.
    """
    for digit in EXTENSIONS if extension is None else (extension,):
        first = _take(db, company_prefix, digit, count)
        if first is not None:
            return tuple(sscc_epc(company_prefix, first + i, extension=digit).uri for i in range(count))
    raise Conflict("sscc_exhausted", prefix=company_prefix, count=count)


def serials_left(db: sa.Connection, company_prefix: str) -> dict[int, int]:
    """How many serials are free under each extension digit."""
    query = sa.select(SERIAL.c.extension, SERIAL.c.next_serial).where(
        SERIAL.c.company_prefix == company_prefix
    )
    used = {row.extension: row.next_serial for row in db.execute(query)}
    return {digit: _limit(company_prefix) - used.get(digit, 1) for digit in EXTENSIONS}


def _take(db: sa.Connection, company_prefix: str, extension: int, count: int) -> int | None:
    """The first of `count` serials that nobody else gets; one conditional UPDATE decides."""
    key = {"company_prefix": company_prefix, "extension": extension}
    insert_new(db, SERIAL, {**key, "next_serial": 1})
    taken = (
        sa.update(SERIAL)
        .where(
            SERIAL.c.company_prefix == company_prefix,
            SERIAL.c.extension == extension,
            SERIAL.c.next_serial <= _limit(company_prefix) - count,
        )
        .values(next_serial=SERIAL.c.next_serial + count)
        .returning(SERIAL.c.next_serial)
    )
    following = db.execute(taken).scalar_one_or_none()
    return None if following is None else int(following) - count


def _limit(company_prefix: str) -> int:
    return int(10 ** (_DIGITS - len(company_prefix)))
