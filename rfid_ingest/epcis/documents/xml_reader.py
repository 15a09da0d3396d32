"""EPCIS XML into the same events as JSON: versions 2.0, and 1.0 to 1.2 with their `extension` wrappers.

Entities, external references and their tricks are refused by the parser; nothing is fetched. Vocabulary words become
the bare words of JSON, own elements become members `prefix:name` with their namespaces in @context.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from haoyun.rfid_ingest.epcis.documents.capture import Capture, check_depth
from haoyun.rfid_ingest.epcis.documents.context import STANDARD
from haoyun.rfid_ingest.epcis.documents.xml_events import Prefixes, event_of, local
from haoyun.rfid_ingest.epcis.documents.xml_master_data import vocabularies_of
from haoyun.rfid_ingest.epcis.errors import MalformedDocument
from haoyun.rfid_ingest.epcis.fields import EVENT_TYPES
from haoyun.rfid_ingest.epcis.model import CONTEXT

MOST_NAMESPACES = 200  # of a document
_ROOTS = ("EPCISDocument", "EPCISQueryDocument")


def read_xml(body: bytes) -> Capture:
    """Read a capture or query document; its events are not checked yet. Raises MalformedDocument."""
    root, prefixes = _parse(body)
    if local(root) not in _ROOTS:
        raise MalformedDocument.of("no_document", detail=local(root)[:80])
    listed = next((element for element in root.iter() if local(element) == "EventList"), None)
    if listed is None:
        raise MalformedDocument.of("no_events")
    names = Prefixes(prefixes)
    events = [event_of(element, kind, names) for element, kind in _events(listed)]
    check_depth(events)
    context = [CONTEXT, *({prefix: uri} for prefix, uri in names.used.items())]
    paths = [("EPCISBody", "EventList", index) for index in range(len(events))]
    return Capture(events, paths, context, vocabularies_of(root))


def _parse(body: bytes) -> tuple[Element, dict[str, str]]:
    prefixes: dict[str, str] = {}
    root = None
    # A DOCTYPE alone is harmless and stands in GS1's examples; what it could declare is refused.
    parser = iterparse(io.BytesIO(body), events=("start", "start-ns"), forbid_dtd=False, forbid_entities=True)
    try:
        for what, found in parser:
            if what == "start-ns":
                prefixes.setdefault(found[1], found[0])
                if len(prefixes) > MOST_NAMESPACES:
                    raise MalformedDocument.of("namespaces", expected=str(MOST_NAMESPACES))
            elif root is None:
                root = found
    except ParseError as error:
        raise MalformedDocument.of("no_xml", detail=str(error)) from None
    except DefusedXmlException:
        raise MalformedDocument.of("entities") from None
    except MalformedDocument:  # a ValueError too
        raise
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise MalformedDocument.of("no_xml", detail=str(error)) from None
    if root is None:
        raise MalformedDocument.of("no_xml", detail="no element found")
    return root, {uri: prefix for uri, prefix in prefixes.items() if prefix not in STANDARD}


def _events(listed: Element) -> Iterable[tuple[Element, str]]:
    """The events with their types; 1.2 wraps its newer types in `extension`, once or twice."""
    for element in listed:
        name = local(element)
        if name == "extension":
            yield from _events(element)
        elif name in EVENT_TYPES or name == "QuantityEvent" or element.tag.startswith("{"):
            yield element, name
        else:
            yield element, name or "?"
