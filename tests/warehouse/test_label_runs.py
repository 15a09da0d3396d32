"""Label runs: a number is given once, whoever asks at the same moment, and a full range is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed, NotFound
from haoyun.platform.trading.sscc_store import allocate_units, serials_left
from haoyun.platform.trading.tables import SERIAL
from haoyun.platform.warehouse.label_runs import RunDraft, contents_of, get_run, list_runs, make_run

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PREFIX = "9521234"
SMALL = "952123456789"  # twelve digits: 9,999 serials under each extension digit


def person(
    databases: Databases, name: str, prefix: str | None = PREFIX, roles: tuple[str, ...] = ("owner",)
) -> Actor:
    with databases.platform.begin() as db:
        org = create_organization(
            db, name=name, name_en=name, kinds={"shipper"}, now=NOW, company_prefix=prefix
        )
    return Actor(f"user-{name}", org.id, frozenset(roles), frozenset({"shipper"}))


def use_up(db: sa.Connection, prefix: str, extension: int, but: int) -> None:
    allocate_units(db, prefix, 1, extension)
    left = 10 ** (16 - len(prefix)) - but
    where = (SERIAL.c.company_prefix == prefix, SERIAL.c.extension == extension)
    db.execute(sa.update(SERIAL).where(*where).values(next_serial=left))


def test_many_who_ask_at_the_same_moment_get_different_numbers(databases: Databases) -> None:
    def ask(_number: int) -> tuple[str, ...]:
        with databases.platform.begin() as db:
            return allocate_units(db, PREFIX, 3)

    with ThreadPoolExecutor(8) as pool:
        given = [unit for units in pool.map(ask, range(60)) for unit in units]
    assert len(set(given)) == 180
    serials = sorted(int(unit.rpartition(".")[2][1:]) for unit in given)
    assert serials == list(range(1, 181))  # and none is left out


def test_numbers_of_a_transaction_that_fails_are_given_to_the_next(databases: Databases) -> None:
    with pytest.raises(RuntimeError), databases.platform.begin() as db:
        lost = allocate_units(db, PREFIX, 2)
        raise RuntimeError
    with databases.platform.begin() as db:
        assert allocate_units(db, PREFIX, 2) == lost


def test_each_extension_digit_has_a_range_of_its_own(databases: Databases) -> None:
    with databases.platform.begin() as db:
        zero, nine = allocate_units(db, PREFIX, 1, 0), allocate_units(db, PREFIX, 1, 9)
    assert zero == (f"urn:epc:id:sscc:{PREFIX}.0000000001",)
    assert nine == (f"urn:epc:id:sscc:{PREFIX}.9000000001",)


def test_a_full_range_is_refused_and_takes_nothing(databases: Databases) -> None:
    with databases.platform.begin() as db:
        use_up(db, SMALL, 4, but=2)
        with pytest.raises(Conflict) as refused:
            allocate_units(db, SMALL, 3, 4)
        assert refused.value.key == "sscc_exhausted"
        assert serials_left(db, SMALL)[4] == 2
        last = allocate_units(db, SMALL, 2, 4)
        assert last[-1] == f"urn:epc:id:sscc:{SMALL}.49999"
        with pytest.raises(Conflict):
            allocate_units(db, SMALL, 1, 4)


def test_without_an_extension_digit_the_next_range_with_room_is_taken(databases: Databases) -> None:
    with databases.platform.begin() as db:
        use_up(db, SMALL, 0, but=1)
        assert allocate_units(db, SMALL, 2) == tuple(
            f"urn:epc:id:sscc:{SMALL}.1000{n}" for n in (1, 2)
        )  # fmt: skip
        assert allocate_units(db, SMALL, 1) == (f"urn:epc:id:sscc:{SMALL}.09999",)


def test_a_run_is_printed_again_with_the_same_numbers(databases: Databases) -> None:
    owner = person(databases, "Owner")
    contents = contents_of(gtin="09506000134352", count=12, lot="L7")
    draft = RunDraft(count=3, contents=contents, goods="冷冻水产", ship_to="上海")
    with databases.platform.begin() as db:
        made = make_run(db, owner, draft, NOW)
    with databases.platform.connect() as db:
        again = get_run(db, owner, made.id)
        assert list_runs(db, owner) == [again]
    assert again == made
    assert [label.contents for label in again.labels] == [contents] * 3
    assert again.labels[0].ship_from == "Owner"


def test_a_run_of_others_looks_like_none(databases: Databases) -> None:
    owner, other = person(databases, "Owner"), person(databases, "Other")
    with databases.platform.begin() as db:
        made = make_run(db, owner, RunDraft(count=1), NOW)
        with pytest.raises(NotFound):
            get_run(db, other, made.id)
        assert list_runs(db, other) == []


def test_without_a_company_prefix_nothing_is_numbered(databases: Databases) -> None:
    nobody = person(databases, "None", prefix=None)
    with databases.platform.begin() as db, pytest.raises(Conflict) as refused:
        make_run(db, nobody, RunDraft(count=1), NOW)
    assert refused.value.key == "no_company_prefix"


def test_who_only_looks_numbers_nothing(databases: Databases) -> None:
    viewer = person(databases, "Viewer", roles=("viewer",))
    with databases.platform.begin() as db, pytest.raises(NotAllowed):
        make_run(db, viewer, RunDraft(count=1), NOW)


def test_a_label_that_gs1_forbids_uses_up_no_number(databases: Databases) -> None:
    owner = person(databases, "Owner")
    with databases.platform.begin() as db:
        with pytest.raises(FieldErrors) as refused:
            make_run(db, owner, RunDraft(count=1, goods="x" * 61), NOW)
        assert refused.value.messages("zh") == {"goods": "最多 60 个可打印字符"}
        assert serials_left(db, PREFIX)[0] == 10**9 - 1
