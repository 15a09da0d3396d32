"""What a message was understood to say: values with their evidence, questions, and what was not understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from haoyun.platform.market.values import Site
from haoyun.platform.publishing.chat.slate import Span


class Kind(StrEnum):
    """What is offered."""

    LOAD = "load"  # 货找车
    CAPACITY = "capacity"  # 车找货


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of plain text that a rule understood: what it says, and from where to where."""

    name: str
    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The value of a field, and the parts of the message that say it (never none)."""

    value: Any
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("a value without evidence is an invention")


@dataclass(frozen=True, slots=True)
class Question:
    """A name that can mean several places, or none that offers can name: whoever wrote it must say."""

    field: str
    span: Span
    candidates: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One offer of a message. Field names are those of loads and capacities, and `phone`, `plate`, `trucks`.

    `unread`: parts of the message that no rule understood. Spans are (from, to) in the message as typed.
    """

    kind: Kind
    fields: Mapping[str, Finding]
    questions: tuple[Question, ...]
    unread: tuple[Span, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The fields without their evidence."""
        return {name: found.value for name, found in self.fields.items()}
