"""A large problem as a job that fans out: a round of sub-jobs, its checkpoint, the next round, and at last the plan.

Between rounds nothing runs for the job, so that one worker alone can do all of it: the row waits with its checkpoint
and is queued again when the last sub-job has ended. A worker that dies costs its sub-job, which another one takes
over; a sub-job that fails for good leaves its part of the plan as it was. `routing.large.rounds` says what a round is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.jobs import FanOut, Job, JobState, get_job, list_children
from haoyun.platform.jobs.errors import JobStopped
from haoyun.platform.jobs.worker import JobContext
from haoyun.platform.planning.crews import Crews
from haoyun.platform.planning.options import Options
from haoyun.platform.planning.request import under_hours
from haoyun.platform.planning.stored import read_stored
from haoyun.routing import Objective, Plan, Problem
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.large.course import closing_s, finished
from haoyun.routing.large.engine import carry_out
from haoyun.routing.large.item import Figures, Item, Outcome
from haoyun.routing.large.rounds import Scheme, State, after, begin, items
from haoyun.routing.progress import Progress

PART = "optimize-part"  # the kind of the sub-jobs
_LEAST_ROUND_S = 1.0  # with less time left, no other round is begun


@dataclass(slots=True)
class LargePlans:
    """The handlers of large problems; `processes` sub-jobs are expected to run side by side."""

    databases: Databases
    processes: int
    now: Callable[[], datetime]
    crews: Crews
    _atlases: dict[str, Atlas] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def go_on(
        self, job: Job, problem: Problem, limit_s: float, heard: Callable[[Progress], None]
    ) -> FanOut | Plan:
        """The next round, or the plan when the time is used up or the best so far is asked for.

        `heard` is told what each round comes to.
        """
        atlas = self._atlas(job.id, lambda: problem)
        now_ms = self._now_ms()
        begun_ms = int((job.checkpoint or {"begun_ms": now_ms})["begun_ms"])
        deadline_ms = begun_ms + int(1000 * (limit_s - closing_s(problem, limit_s)))
        state = begin(atlas) if job.checkpoint is None else self._after_round(job, job.checkpoint)
        if state.round:
            found = state.figures
            heard(Progress((now_ms - begun_ms) / 1000, found.cost, found.vehicles, found.unassigned))
        scheme = self._scheme(job, problem, limit_s)
        work = items(atlas, scheme, state)
        if deadline_ms - now_ms < 1000 * _LEAST_ROUND_S or not work or job.finish_asked:
            plan = finished(atlas, state)
            self._forget(job.id)
            return replace(plan, seconds=(self._now_ms() - begun_ms) / 1000, seed=scheme.seed)
        return FanOut(
            kind=PART,
            payloads=[{"item": asdict(item), "deadline_ms": deadline_ms} for item in work],
            checkpoint={"begun_ms": begun_ms, "state": _state_written(state)},
            progress=min(0.99, (now_ms - begun_ms) / 1000 / limit_s),
        )

    def run_part(self, job: Job, context: JobContext) -> dict[str, Any]:
        """Carry out a sub-job: better tours for its vehicles, or none. After the deadline it does nothing."""
        item = _item(job.payload["item"])
        left_s = (int(job.payload["deadline_ms"]) - self._now_ms()) / 1000
        outcome = Outcome(item.number)
        if left_s > 0 and job.parent_id is not None:
            atlas = self._atlas(job.parent_id, lambda: self._problem_of(job.parent_id))
            with self.crews.lent() as crew:
                deadline = monotonic() + left_s
                outcome = carry_out(atlas, item, crew, deadline=deadline, cancelled=context.stop.is_set)
        if context.stop.is_set():
            raise JobStopped("the job was cancelled or its worker stops")
        return {"tours": outcome.tours, "gain": asdict(outcome.gain)}

    def _scheme(self, job: Job, problem: Problem, limit_s: float) -> Scheme:
        seed = int(job.payload.get("seed", 0))
        return Scheme.within(problem, limit_s=limit_s, processes=self.processes, seed=seed)

    def _after_round(self, job: Job, checkpoint: Mapping[str, Any]) -> State:
        state = _state(checkpoint["state"])
        with reading(self.databases.platform).connect() as db:
            parts = list_children(db, job.id)
        done = [part for part in parts if part.state is JobState.SUCCEEDED and part.result is not None]
        outcomes = [_outcome(part) for part in sorted(done, key=lambda p: int(p.payload["item"]["number"]))]
        return after(state, [_item(part.payload["item"]) for part in done], outcomes)

    def _atlas(self, job_id: str, problem: Callable[[], Problem | None]) -> Atlas:
        """The job's problem, looked through once a process; only the latest job's is kept."""
        with self._lock:
            if job_id not in self._atlases:
                found = problem()
                assert found is not None
                self._atlases.clear()
                self._atlases[job_id] = Atlas(found)
            return self._atlases[job_id]

    def _forget(self, job_id: str) -> None:
        with self._lock:
            self._atlases.pop(job_id, None)

    def _problem_of(self, job_id: str | None) -> Problem | None:
        if job_id is None:
            return None
        with reading(self.databases.platform).connect() as db:
            job = get_job(db, job_id)
        return problem_of(self.databases.platform, job)

    def _now_ms(self) -> int:
        return int(1000 * self.now().timestamp())


def problem_of(engine: sa.Engine, job: Job) -> Problem:
    """The problem that came with the job, under the objective and the hours it asks for. Raises BadFormat."""
    options = Options.of(job.payload)
    problem = under_hours(read_stored(engine, job).problem, options.hours)
    return replace(problem, objective=Objective(options.objective or problem.objective))


def _item(written: Mapping[str, Any]) -> Item:
    return Item(
        round=written["round"],
        number=written["number"],
        vehicles=tuple(written["vehicles"]),
        tasks=tuple(written["tasks"]),
        tours=_tours(written["tours"]),
        seconds=written["seconds"],
        seed=written["seed"],
        warmth=written["warmth"],
    )


def _outcome(part: Job) -> Outcome:
    result = part.result or {}
    tours = result.get("tours")
    number = int(part.payload["item"]["number"])
    return Outcome(number, None if tours is None else _tours(tours), Figures(**result["gain"]))


def _state_written(state: State) -> dict[str, Any]:
    return {"round": state.round, "tours": state.tours, "figures": asdict(state.figures)}


def _state(written: Mapping[str, Any]) -> State:
    return State(written["round"], _tours(written["tours"]), Figures(**written["figures"]))


def _tours(written: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(tour) for tour in written)
