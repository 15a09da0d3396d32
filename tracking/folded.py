"""The timeline folded: each milestone once, planned, estimated and actual side by side, with who says so. Pure.

Sources are asked in the order of TRUST: a tag that was read is about the goods, a position about the vehicle, a
document was written afterwards, a person says what they remember. Where they contradict one another, both stay named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

TRUST = (Source.RFID, Source.GPS, Source.DOCUMENT, Source.DRIVER)
TOLERANCE = timedelta(minutes=30)  # between two sources about one fact
# What cannot come after what; gates and vehicles are told apart, so that a gate read does not contradict a position.
_ORDER = (
    (MilestoneCode.LOAD, MilestoneCode.DEPA),
    (MilestoneCode.DEPA, MilestoneCode.ARRI),
    (MilestoneCode.GTOT, MilestoneCode.GTIN),
    (MilestoneCode.ARRI, MilestoneCode.DISC),
    (MilestoneCode.LOAD, MilestoneCode.DISC),
    (MilestoneCode.PICK, MilestoneCode.DROP),
)


class ConflictKind(StrEnum):
    """How two facts contradict one another."""

    TIMES_DIFFER = "times_differ"  # two sources, one fact, more than TOLERANCE apart
    WRONG_ORDER = "wrong_order"  # what must come first came second


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two facts that cannot both be right."""

    kind: ConflictKind
    first: Milestone
    second: Milestone


@dataclass(frozen=True, slots=True)
class Step:
    """One milestone of a journey. `actual` is from the most trusted source; `evidence` are all observations of it."""

    code: MilestoneCode
    planned: Milestone | None
    estimated: Milestone | None
    actual: Milestone | None
    evidence: tuple[Milestone, ...]

    @property
    def at(self) -> datetime:
        """When it happened, else when it is expected, else when it was planned."""
        decided = self.actual or self.estimated or self.planned
        assert decided is not None  # a step is made of at least one milestone
        return decided.occurred_at


@dataclass(frozen=True, slots=True)
class Folded:
    """The steps in the order of time, and what contradicts what."""

    steps: tuple[Step, ...]
    conflicts: tuple[Conflict, ...]


def fold(milestones: Iterable[Milestone]) -> Folded:
    """One step for each code, whatever the order the facts became known in."""
    by_code: dict[MilestoneCode, list[Milestone]] = {}
    for one in sorted(milestones, key=_key):
        by_code.setdefault(one.code, []).append(one)
    steps = [_step(code, found) for code, found in by_code.items()]
    order = {code: place for place, code in enumerate(MilestoneCode)}
    steps.sort(key=lambda step: (step.at, order[step.code]))
    return Folded(tuple(steps), (*_differing(steps), *_disordered({step.code: step for step in steps})))


def _step(code: MilestoneCode, found: Sequence[Milestone]) -> Step:
    of = {quality: [m for m in found if m.quality is quality] for quality in Quality}
    actual = of[Quality.ACTUAL]
    trusted = min(actual, key=lambda m: (TRUST.index(m.source), m.occurred_at), default=None)
    # A later plan or estimate replaces an earlier one.
    last = {q: of[q][-1] if of[q] else None for q in (Quality.PLANNED, Quality.ESTIMATED)}
    return Step(code, last[Quality.PLANNED], last[Quality.ESTIMATED], trusted, tuple(actual))


def _differing(steps: Sequence[Step]) -> list[Conflict]:
    """The first fact of each source against the trusted one."""
    found = []
    for step in steps:
        seen = {step.actual.source} if step.actual else set()
        for other in step.evidence:
            if step.actual is None or other.source in seen:
                continue
            seen.add(other.source)
            if abs(other.occurred_at - step.actual.occurred_at) > TOLERANCE:
                found.append(Conflict(ConflictKind.TIMES_DIFFER, step.actual, other))
    return found


def _disordered(steps: dict[MilestoneCode, Step]) -> list[Conflict]:
    found = []
    for earlier, later in _ORDER:
        a = steps[earlier].actual if earlier in steps else None
        b = steps[later].actual if later in steps else None
        if a is not None and b is not None and b.occurred_at < a.occurred_at:
            found.append(Conflict(ConflictKind.WRONG_ORDER, a, b))
    return found


def _key(m: Milestone) -> tuple[datetime, str, str]:
    return (m.occurred_at, m.source.value, m.occurrence)
