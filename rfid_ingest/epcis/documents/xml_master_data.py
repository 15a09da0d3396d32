"""Master data in the header of an EPCIS XML document, as the vocabularies of JSON."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element


def vocabularies_of(root: Element) -> list[dict[str, Any]]:
    """The vocabularies of the header, in the form of epcisMasterData.vocabularyList."""
    return [_vocabulary(element) for element in root.iter("Vocabulary") if element.get("type")]


def _vocabulary(element: Element) -> dict[str, Any]:
    entries = [_element(entry) for entry in element.iter("VocabularyElement") if entry.get("id")]
    return {"type": element.get("type"), "vocabularyElementList": entries}


def _element(element: Element) -> dict[str, Any]:
    attributes = [
        {"id": attribute.get("id"), "attribute": (attribute.text or "").strip()}
        for attribute in element.findall("attribute")
        if attribute.get("id")
    ]
    children = [(child.text or "").strip() for child in element.findall("children/id")]
    return {
        "id": element.get("id"),
        **({"attributes": attributes} if attributes else {}),
        **({"children": children} if children else {}),
    }
