"""A whole recording of a portal at once: every stay is judged with what was known of its tag when it ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from haoyun.rfid_ingest.clean.crossing import Crossing
from haoyun.rfid_ingest.clean.portal import PASSED, Earlier, Outcome, Verdict, is_resident, judge


def judge_in_order(crossings: Sequence[Crossing]) -> list[Verdict]:
    """The verdicts by the end of the stays; the intake comes to the same, stay by stay."""
    earlier: dict[str, list[Earlier]] = defaultdict(list)
    verdicts = []
    for verdict in sorted(judge(crossings), key=lambda v: v.crossing.last_ms):
        crossing, outcome = verdict.crossing, verdict.outcome
        if outcome in PASSED and is_resident(crossing, earlier[crossing.epc]):
            outcome = Outcome.RESIDENT
        if outcome not in PASSED:
            earlier[crossing.epc].append(Earlier(crossing.last_ms, crossing.peak_dbm))
        verdicts.append(Verdict(crossing, outcome, verdict.group))
    return verdicts
