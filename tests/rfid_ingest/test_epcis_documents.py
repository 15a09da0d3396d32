"""Documents in and out: JSON-LD as it was written, XML of all versions, and nothing that an attacker hides in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from epcis_documents import example_paths

from haoyun.rfid_ingest.epcis.documents.capture import read_json
from haoyun.rfid_ingest.epcis.documents.context import joined, namespaces_of
from haoyun.rfid_ingest.epcis.documents.xml_reader import read_xml
from haoyun.rfid_ingest.epcis.documents.xml_writer import query_document
from haoyun.rfid_ingest.epcis.errors import MalformedDocument
from haoyun.rfid_ingest.epcis.hash import event_hash
from haoyun.rfid_ingest.epcis.validation.check import event_faults

TWINS = "ni:///sha-256;c2dee75dbf3a621bde38dac718e1d0203b0bcd1d8401dff206e96c984a88c2ff?ver=CBV2.0"
STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SHIPPED = """<ObjectEvent>
  <eventTime>2012-03-25T17:10:16Z</eventTime><eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
  {before}
  <epcList><epc>urn:epc:id:sgtin:0614141.107346.2018</epc></epcList>
  <action>OBSERVE</action>
  <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
  <disposition>urn:epcglobal:cbv:disp:in_transit</disposition>
  {after}
</ObjectEvent>"""


def _xml(events: str, version: str = "2", doctype: str = "", header: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{doctype}
    <epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{version}" xmlns:ex="https://example.org/epcis/"
        schemaVersion="1.2" creationDate="2012-03-25T17:10:16Z">
      {header}<EPCISBody><EventList>{events}</EventList></EPCISBody>
    </epcis:EPCISDocument>""".encode()


def _plain(value: Any) -> Any:
    """Without the order of members, as JSON sees it."""
    return json.loads(json.dumps(value, sort_keys=True))


def test_the_47_examples_are_read_as_they_were_written(shared_data: Path) -> None:
    paths = example_paths(shared_data)
    assert len(paths) == 47
    for path in paths:
        document = json.loads(path.read_bytes())
        read = read_json(path.read_bytes())
        body = document.get("epcisBody", {})
        body = body.get("queryResults", {}).get("resultsBody", body)
        events = body.get("eventList") or [{k: v for k, v in document.items() if k != "@context"}]
        assert _plain(read.events) == _plain(events)
        assert read.context == document["@context"]


def test_every_example_survives_the_way_through_xml(shared_data: Path) -> None:
    """Hashes are compared: XML has no types of its own, so a number in an own field comes back as text."""
    for path in example_paths(shared_data):
        read = read_json(path.read_bytes())
        for words in ("urn", "web"):
            body = query_document(
                read.events,
                read.context,
                "2026-03-02T08:00:00Z",
                query_name="q",
                subscription_id=None,
                words=words,
            )
            again = read_xml(body)
            assert [event_faults(event) for event in again.events] == [[]] * len(read.events), path.name
            own = namespaces_of(read.context)
            before = [event_hash(e, own | namespaces_of(e.get("@context"))) for e in read.events]
            assert before == [event_hash(e, namespaces_of(again.context)) for e in again.events], path.name


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6])
def test_the_xml_examples_equal_their_json_twin(number: int, shared_data: Path) -> None:
    folder = shared_data / "rfid" / "epcis" / "XML" / "WithEventHashID"
    read = read_xml((folder / f"event_with_identical_hash_id_{number}.xml").read_bytes())
    assert [event_faults(event) for event in read.events] == [[]]
    assert [event_hash(event, namespaces_of(read.context)) for event in read.events] == [TWINS]
    twin = read_json((folder / "event_with_identical_hash_id_7.json").read_bytes())
    assert event_hash(twin.events[0], namespaces_of(twin.context)) == TWINS


@pytest.mark.parametrize(
    "wrap", ["<extension>{}</extension>", "{}", "<extension><extension>{}</extension></extension>"]
)
def test_the_wrappers_of_1_2_are_taken_off(wrap: str) -> None:
    quantity = "<epcClass>urn:epc:class:lgtin:4012345.012345.9</epcClass><quantity>3</quantity>"
    event = SHIPPED.format(
        before="<baseExtension><eventID>urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8</eventID></baseExtension>",
        after=wrap.format(f"<quantityList><quantityElement>{quantity}</quantityElement></quantityList>")
        + "<ex:note>x</ex:note>",
    )
    read = read_xml(_xml(event, "1"))
    assert read.events[0]["eventID"] == "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"
    assert read.events[0]["quantityList"] == [
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.9", "quantity": 3}
    ]
    assert (read.events[0]["bizStep"], read.events[0]["ex:note"]) == ("shipping", "x")
    assert read.context == [STANDARD, {"ex": "https://example.org/epcis/"}]
    assert event_faults(read.events[0]) == []


def test_a_wrapped_transformation_of_1_2_is_found() -> None:
    event = """<extension><TransformationEvent>
      <eventTime>2013-10-31T14:58:56.591Z</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset>
      <inputEPCList><epc>urn:epc:id:sgtin:4012345.011122.25</epc></inputEPCList>
      <outputEPCList><epc>urn:epc:id:sgtin:4012345.077889.25</epc></outputEPCList>
    </TransformationEvent></extension>"""
    (found,) = read_xml(_xml(event, "1")).events
    assert (found["type"], event_faults(found)) == ("TransformationEvent", [])


def test_a_quantity_event_of_1_0_becomes_an_object_event() -> None:
    event = """<QuantityEvent><eventTime>2005-04-03T20:33:31.116Z</eventTime>
      <eventTimeZoneOffset>-06:00</eventTimeZoneOffset>
      <epcClass>urn:epc:idpat:sgtin:0614141.107346.*</epcClass><quantity>200</quantity></QuantityEvent>"""
    (found,) = read_xml(_xml(event, "1")).events
    assert found["quantityList"] == [{"epcClass": "urn:epc:idpat:sgtin:0614141.107346.*", "quantity": 200}]
    assert event_faults(found) == []


def test_what_is_wrong_in_xml_is_told_as_in_json() -> None:
    event = SHIPPED.format(before="", after="<colour>red</colour>").replace("OBSERVE", "SEEN")
    said = [fault.en for fault in event_faults(read_xml(_xml(event)).events[0])]
    assert any('"colour"' in one for one in said) and any('"SEEN" is no action' in one for one in said)


def test_master_data_of_the_header_is_read_alike_from_both(tmp_path: Path) -> None:
    header = """<EPCISHeader><EPCISMasterData><VocabularyList>
      <Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
        <VocabularyElement id="urn:epc:id:sgln:0037000.00729.0">
          <attribute id="urn:epcglobal:cbv:mda#name">Depot</attribute>
          <children><id>urn:epc:id:sgln:0037000.00729.8201</id></children>
        </VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></EPCISHeader>"""
    read = read_xml(_xml(SHIPPED.format(before="", after=""), header=header))
    document = {
        "@context": STANDARD,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2012-03-25T17:10:16Z",
        "epcisHeader": {"epcisMasterData": {"vocabularyList": read.vocabularies}},
        "epcisBody": {"eventList": []},
    }
    assert read_json(json.dumps(document).encode()).vocabularies == read.vocabularies
    assert read.vocabularies[0]["vocabularyElementList"][0]["children"] == [
        "urn:epc:id:sgln:0037000.00729.8201"
    ]


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
ATTACKS = {
    "a file of the machine": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "another machine": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
    "a billion laughs": f"<!DOCTYPE a [{BOMB}]>",
    "a long entity": f'<!DOCTYPE a [<!ENTITY x "{"x" * 10_000}">]>',
}


@pytest.mark.parametrize("doctype", ATTACKS.values(), ids=ATTACKS.keys())
def test_entities_are_refused_before_they_are_read(doctype: str) -> None:
    name = "e9" if "e9" in doctype else "x"
    event = SHIPPED.format(before="", after=f"<ex:note>&{name};</ex:note>")
    with pytest.raises(MalformedDocument, match="entity declarations"):
        read_xml(_xml(event, doctype=doctype))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not XML"),
        (b"<a>", "not XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not XML"),
        (b"<html/>", "not html"),
        (b'<EPCISDocument schemaVersion="2.0"/>', "no EventList"),
    ],
)
def test_xml_that_is_no_document_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(MalformedDocument, match=says):
        read_xml(body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"7", "an event or a list of events, not int"),
        (b'{"type": "ObjectEvent"}', "/@context: an event outside a document"),
        (b'[{"type": "ObjectEvent"}]', "/0/@context"),
        (b'{"type": "EPCISDocument"}', "the field epcisBody is missing"),
    ],
)
def test_json_that_is_no_document_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        read_json(body)
    assert says in "; ".join(fault.text("en") for fault in refused.value.faults)


def test_bare_events_are_taken_one_by_one_or_as_a_list() -> None:
    event = {"type": "ObjectEvent", "@context": STANDARD, "action": "OBSERVE"}
    assert read_json(json.dumps(event).encode()).events == [{"type": "ObjectEvent", "action": "OBSERVE"}]
    other = {**event, "@context": [STANDARD, {"a": "http://a/"}]}
    assert read_json(json.dumps([event, other]).encode()).events == [event, other]


def test_contexts_are_joined_until_a_prefix_means_something_else() -> None:
    first, second = [STANDARD, {"a": "http://a/"}], {"b": "http://b/"}
    context, apart = joined([first, second, {"a": "http://other/"}, None, first])
    assert context == [STANDARD, {"a": "http://a/"}, {"b": "http://b/"}]
    assert apart == {2}


def test_a_vocabulary_within_another_is_read_once() -> None:
    nested = '<VocabularyElementList><VocabularyElement id="urn:x:1"/></VocabularyElementList>'
    for number in range(5):
        nested = f'<Vocabulary type="urn:x:v{number}">{nested}</Vocabulary>'
    header = f"<EPCISHeader><VocabularyList>{nested}</VocabularyList></EPCISHeader>"
    read = read_xml(_xml("", header=header)).vocabularies
    assert [len(one["vocabularyElementList"]) for one in read] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(("count", "taken"), [(150, True), (250, False)])
def test_a_document_declares_a_bounded_number_of_namespaces(count: int, taken: bool) -> None:
    own = "".join(f'<a xmlns="urn:x:{number}">1</a>' for number in range(count))
    body = _xml(SHIPPED.format(before="", after=own))
    if taken:
        assert len(read_xml(body).context) == count + 1
        return
    with pytest.raises(MalformedDocument, match="namespaces"):
        read_xml(body)


def test_a_whole_number_beyond_64_bits_is_refused_by_the_schema() -> None:
    amount = "<quantityElement><epcClass>urn:x:a</epcClass><quantity>99999999999999999999</quantity></quantityElement>"
    read = read_xml(_xml(SHIPPED.format(before="", after=f"<quantityList>{amount}</quantityList>")))
    assert event_faults(read.events[0])


def test_a_document_of_too_many_levels_is_refused() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = {"ex:a": deep}
    with pytest.raises(MalformedDocument, match="levels"):
        read_json(json.dumps({"@context": STANDARD, "type": "ObjectEvent", "ex:a": deep}).encode())
    own = "<ex:a>" * 300 + "</ex:a>" * 300
    with pytest.raises(MalformedDocument, match="levels"):
        read_xml(_xml(SHIPPED.format(before="", after=own)))
