"""Master data in the header of an EPCIS XML document, as the vocabularies of JSON."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

_ELEMENTS = "VocabularyElementList/VocabularyElement"


def vocabularies_of(root: Element) -> list[dict[str, Any]]:
    """The vocabularies of the header, in the form of epcisMasterData.vocabularyList."""
    return [_vocabulary(element) for element in root.iter("Vocabulary") if element.get("type")]


def _vocabulary(element: Element) -> dict[str, Any]:
    # Children alone: a vocabulary within another would be counted once for each that it stands in.
    entries = [_element(entry) for entry in element.findall(_ELEMENTS) if entry.get("id")]
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
