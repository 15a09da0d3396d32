"""Every word of the portal exists in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from haoyun.platform.market.capacity import CapacityState
from haoyun.platform.market.load import LoadState
from haoyun.platform.market.score import STANDS_FOR, WEIGHTS
from haoyun.platform.market.values import Body
from haoyun.platform.portal import labels, network_data, reasons
from haoyun.platform.trading.order import OrderFlag, OrderState
from haoyun.platform.trading.quote import QuoteState
from haoyun.tracking.timeline import MilestoneCode, Quality, ShipmentState, Source, TimelineFlag

PORTAL = Path(labels.__file__).parent
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}


def words_in_sources() -> set[str | tuple[str, ...]]:
    methods = [("*.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"trim_blocks": "true", "silent": "false"}}
    found = extract_from_dir(PORTAL, methods, options, KEYWORDS)
    return {message for _, _, message, _, _ in found}


def messages(language: str) -> Iterator[Message]:
    with (PORTAL / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        yield from (message for message in read_po(file) if message.id)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_word_is_untranslated(language: str) -> None:
    known = {m.id for m in messages(language) if (all(m.string) if isinstance(m.string, tuple) else m.string)}
    assert words_in_sources() - known == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_translation_is_left_over_or_doubtful(language: str) -> None:
    assert {m.id for m in messages(language)} - words_in_sources() == set()
    assert [m.id for m in messages(language) if m.fuzzy] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_placeholders_survive_translation(language: str) -> None:
    for message in messages(language):
        assert [str(error) for error in message.check()] == [], message.id


def test_every_state_and_code_has_words() -> None:
    states = [*LoadState, *CapacityState, *QuoteState, *OrderState, *ShipmentState]
    assert [str(s) for s in states if str(s) not in labels.STATES] == []
    assert set(labels.BODIES) == {b.value for b in Body}
    assert set(labels.MILESTONES) == {c.value for c in MilestoneCode}
    assert set(labels.SOURCES) == {s.value for s in Source}
    assert set(labels.QUALITIES) == {q.value for q in Quality}
    assert set(labels.FLAGS) >= {f.value for f in OrderFlag} | {e.value for e in TimelineFlag}


def test_every_reason_has_words_and_evidence() -> None:
    assert set(labels.REASONS) == set(WEIGHTS) | set(STANDS_FOR)
    assert set(reasons._KNOWN) | set(reasons._UNKNOWN) == set(labels.REASONS)
    assert set(reasons._EVIDENCE) == set(labels.REASONS)


def test_the_attribution_of_the_trunk_network_is_translated(world: object) -> None:
    road = world.services.market.network  # type: ignore[attr-defined]
    assert road.attribution in {str(text._args[0]) for text in network_data._ATTRIBUTIONS}
