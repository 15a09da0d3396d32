"""Works of several threads in one transaction: each is told after the commit, and fails for itself alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.group_commit import GroupCommit
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.tables import OWNER

PATIENCE_S = 30.0


def _keep(name: str) -> Callable[[sa.Connection], str]:
    def work(db: sa.Connection) -> str:
        db.execute(OWNER.insert().values(org_id=name))
        return name

    return work


def _has(databases: Databases, name: str) -> bool:
    with reading(databases.tracking).connect() as db:
        return find_owner(db, name) > 0


def _all_at_once(
    databases: Databases, works: list[Callable[[sa.Connection], str]]
) -> tuple[list[Future[str]], int]:
    """Run the works while an earlier one holds the turn, so that they wait together; and the commits it took."""
    commits: list[object] = []
    sa.event.listen(databases.captures, "commit", commits.append)
    together = GroupCommit(databases.captures)
    leads, go = threading.Event(), threading.Event()

    def first(db: sa.Connection) -> str:
        leads.set()
        assert go.wait(PATIENCE_S)
        return "first"

    with ThreadPoolExecutor(len(works) + 1) as pool:
        pool.submit(together.run, first)
        assert leads.wait(PATIENCE_S)
        futures = [pool.submit(together.run, work) for work in works]
        while len(together._waiting) < len(works):
            pass
        go.set()
    return futures, len(commits) - 1


def test_works_that_wait_together_are_committed_together(databases: Databases) -> None:
    futures, commits = _all_at_once(databases, [_keep(f"org{n}") for n in range(5)])
    assert [future.result() for future in futures] == [f"org{n}" for n in range(5)]
    assert all(_has(databases, f"org{n}") for n in range(5))
    assert commits == 1


def test_a_work_that_fails_fails_for_itself_alone(databases: Databases) -> None:
    works = [_keep("a"), _keep("b"), _keep("a"), _keep("c")]  # an organization has one number
    futures, _commits = _all_at_once(databases, works)
    errors = [future.exception() for future in futures]
    assert [isinstance(error, sa.exc.IntegrityError) for error in errors].count(True) == 1
    assert errors[1] is errors[3] is None
    assert all(_has(databases, name) for name in "abc")


@pytest.mark.parametrize("place", [0, 1, 2])  # the first leads the others
def test_a_work_with_a_fault_of_its_own_leaves_the_others_stored(databases: Databases, place: int) -> None:
    def wrong(db: sa.Connection) -> str:
        _keep("lost")(db)
        raise ZeroDivisionError

    works = [_keep("a"), _keep("b")]
    works.insert(place, wrong)
    futures, _commits = _all_at_once(databases, works)
    assert isinstance(futures.pop(place).exception(), ZeroDivisionError)
    assert [future.result() for future in futures] == ["a", "b"]
    assert not _has(databases, "lost")


def test_whoever_is_answered_is_stored(databases: Databases) -> None:
    together = GroupCommit(databases.captures)

    def keep_and_look(n: int) -> bool:
        together.run(_keep(f"org{n}"))
        return _has(databases, f"org{n}")

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(keep_and_look, range(20)))
