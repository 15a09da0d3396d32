"""The life cycles of market, trading and jobs as tables for people: docs/reference/lifecycles.md holds these texts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from enum import StrEnum
from types import ModuleType

from haoyun.platform.jobs import job
from haoyun.platform.market import auction, capacity, load
from haoyun.platform.trading import order, quote
from haoyun.tracking import exceptions

LIFECYCLES: Mapping[str, tuple[ModuleType, type[StrEnum]]] = {
    "Load": (load, load.LoadState),
    "Capacity": (capacity, capacity.CapacityState),
    "Quote": (quote, quote.QuoteState),
    "Auction": (auction, auction.AuctionState),
    "Order": (order, order.OrderState),
    "Job": (job, job.JobState),
    "Exception": (exceptions, exceptions.ExceptionState),
}
_MEMBER = re.compile(r'^    (\w+) = "\w+"(?:  # (.*))?$', re.MULTILINE)


def table(name: str) -> str:
    """The states of one life cycle in their order: meaning and next states, as a Markdown table."""
    return table_of(*LIFECYCLES[name])


def table_of(module: ModuleType, states: type[StrEnum]) -> str:
    """The same of the states in a module with its table NEXT, for rooms that stand above this one."""
    meanings = dict(_MEMBER.findall(inspect.getsource(states)))
    rows = [f"| `{state.value}` | {meanings[state.name]} | {_following(module, state)} |" for state in states]
    return "\n".join(["| state | meaning | next |", "|---|---|---|", *rows])


def _following(module: ModuleType, state: StrEnum) -> str:
    return ", ".join(f"`{after.value}`" for after in type(state) if after in module.NEXT[state]) or "(end)"
