"""GS1-Extensions: which vocabularies beside GS1's are spoken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from epcis_documents import CONTEXT, document, seen

Make = Callable[..., Any]
EXAMPLE = "https://example.org/epcis/"


def test_an_answer_names_the_vocabularies_of_its_events(party: Make) -> None:
    me = party()
    context = [CONTEXT, {"ex": EXAMPLE, "zh": "https://example.org/词汇/"}]
    me.post("/capture", document(seen(1, **{"ex:weight": 5}), context=context))
    answer = me.get("/events")
    assert answer.headers["GS1-Extensions"] == f"ex={EXAMPLE}, zh=https://example.org/%E8%AF%8D%E6%B1%87/"
    me.post("/queries", {"name": "none", "query": {"EQ_bizStep": ["packing"]}})
    assert "GS1-Extensions" not in me.get("/queries/none/events").headers


def test_what_a_client_names_is_spoken_here_too(party: Make) -> None:
    me = party()
    named = {"GS1_Extensions": f"fit=urn:fit:1, ex={EXAMPLE}"}
    for answer in (
        me.post("/capture", document(seen(1)), **named),
        me.get("/events", **named),
        me.call("OPTIONS", "/events", {"GS1-Extensions": named["GS1_Extensions"]}),
    ):
        assert answer.status_code < 300
        assert answer.headers["GS1-Extensions"] == f"ex={EXAMPLE}, fit=urn:fit:1"


@pytest.mark.parametrize("text", ["ex", "ex=no uri", "=urn:x:y", "e x=urn:x:y", "ex=urn:x:" + "y" * 5000])
def test_what_cannot_be_read_is_refused_and_nothing_is_stored(party: Make, text: str) -> None:
    me = party()
    refused = me.post("/capture", document(seen(1)), GS1_Extensions=text)
    assert (refused.status_code, refused.get_json()["type"]) == (406, "epcisException:NotAcceptableException")
    assert me.get("/events").get_json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []
