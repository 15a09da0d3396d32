"""The REST interface: capture, query, discovery, named queries, and everything that is refused, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from epcis_documents import CONTEXT, document, example_paths, seen
from werkzeug.test import TestResponse

from haoyun.platform.epcis_api import capture
from haoyun.rfid_ingest.epcis.documents.xml_reader import read_xml
from haoyun.rfid_ingest.epcis.validation.check import faults

Make = Callable[..., Any]
EMPTY = {"json": document()}
GIVEN = ("eventID", "recordTime")  # what the repository adds


def _events(response: TestResponse) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    body = response.get_json()
    assert faults(body) == []
    listed: list[dict[str, Any]] = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return listed


def _next(response: TestResponse) -> str | None:
    link = response.headers.get("Link")
    return None if link is None else link.split(">")[0].split("/epcis/v2", 1)[1]


def test_a_captured_document_is_queried_back_and_its_job_tells(party: Make) -> None:
    me = party()
    answer = me.post("/capture", document(seen(1), seen(2)))
    assert answer.status_code == 202 and answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    job = me.get(answer.headers["Location"].removeprefix("/epcis/v2")).get_json()
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    found = _events(me.get("/events?orderBy=eventTime&orderDirection=ASC", GS1_EPC_Format="Never_Translates"))
    assert [{k: v for k, v in e.items() if k not in GIVEN} for e in found] == [
        {k: v for k, v in seen(n).items() if k != "@context"} for n in (1, 2)
    ]


def test_the_47_examples_come_back_as_they_were_captured(party: Make, shared_data: Path) -> None:
    """Each is captured by an organization of its own view: one repository, asked for the events of one document."""
    me = party()
    for path in example_paths(shared_data):
        sent = json.loads(path.read_bytes())
        assert me.post("/capture", sent).status_code == 202
        job = me.get("/capture?perPage=1").get_json()[0]
        assert job["success"], (path.name, job["errors"])
        body = sent.get("epcisBody", {})
        body = body.get("queryResults", {}).get("resultsBody", body)
        for event in body.get("eventList") or [{k: v for k, v in sent.items() if k != "@context"}]:
            query = f"/events?eventType={event['type']}&GE_eventTime={quote(event['eventTime'])}&perPage=100"
            back = _events(me.get(query, GS1_EPC_Format="Never_Translates"))
            plain = [{k: v for k, v in one.items() if k not in GIVEN and k != "@context"} for one in back]
            assert {k: v for k, v in event.items() if k not in GIVEN} in plain, path.name


def test_xml_is_captured_and_answered(party: Make, shared_data: Path) -> None:
    me = party()
    path = shared_data / "rfid" / "epcis" / "XML" / "WithEventHashID" / "event_with_identical_hash_id_1.xml"
    sent = me.call("POST", "/capture", {"Content-Type": "application/xml"}, data=path.read_bytes())
    assert sent.status_code == 202
    (event,) = _events(me.get("/events"))
    assert event["eventID"].startswith("ni:///sha-256;c2dee75d")
    answer = me.get("/events", Accept="application/xml")
    assert answer.content_type == "application/xml"
    (again,) = read_xml(answer.data).events
    assert (again["type"], again["bizStep"], len(again["quantityList"])) == ("ObjectEvent", "receiving", 2)
    assert (
        b"https://ref.gs1.org/cbv/BizStep-receiving"
        in me.get("/events", Accept="application/xml", GS1_CBV_XML_Format="Always_Web_URI").data
    )


def test_a_job_is_answered_in_xml_too(party: Make) -> None:
    me = party()
    location = me.post("/capture", document(seen(1, action="SEEN"))).headers["Location"]
    answer = me.get(location.removeprefix("/epcis/v2"), Accept="application/xml")
    assert b'success="false"' in answer.data and b"no action" in answer.data


@pytest.mark.parametrize(("how", "stored"), [("rollback", 0), ("proceed", 1)])
def test_a_wrong_event_takes_the_document_with_it_unless_the_rest_shall_proceed(
    party: Make, how: str, stored: int
) -> None:
    me = party()
    answer = me.post("/capture", document(seen(1), seen(2, action="SEEN")), GS1_Capture_Error_Behaviour=how)
    assert answer.status_code == 202
    job = me.get(answer.headers["Location"].removeprefix("/epcis/v2")).get_json()
    assert (job["success"], job["captureErrorBehaviour"]) == (False, how)
    assert job["errors"][0]["type"] == "epcisException:ValidationException"
    assert "/epcisBody/eventList/1/action" in job["errors"][0]["detail"]
    assert len(_events(me.get("/events"))) == stored


def test_nobody_sees_what_another_organization_captured(party: Make) -> None:
    mine, other = party("shipper"), party("carrier")
    location = mine.post("/capture", document(seen(1))).headers["Location"].removeprefix("/epcis/v2")
    mine.post("/queries", {"name": "all", "query": {}})
    event_id = quote(_events(mine.get("/events"))[0]["eventID"], safe="")
    epc = quote("urn:epc:id:sscc:6901234.0000000001", safe="")
    for path in (
        location,
        f"/events/{event_id}",
        f"/epcs/{epc}/events",
        "/bizSteps/shipping",
        "/queries/all",
    ):
        assert (mine.get(path).status_code, other.get(path).status_code) == (200, 404), path
    assert _events(other.get("/events")) == []
    for path in ("/capture", "/queries"):
        assert other.get(path).get_json() == []
    assert other.get("/epcs").get_json()["member"] == []
    token = _next(mine.get("/events?perPage=1"))
    assert token is None


def test_one_event_is_posted_once(party: Make) -> None:
    me = party()
    made = me.post("/events", seen(1))
    assert made.status_code == 201
    event_id = made.get_json()["eventID"]
    assert made.headers["Location"] == f"/epcis/v2/events/{quote(event_id, safe='')}"
    (event,) = _events(me.get(made.headers["Location"].removeprefix("/epcis/v2")))
    assert event["eventID"] == event_id
    again = me.post("/events", seen(1))
    assert (again.status_code, again.get_json()["type"]) == (
        409,
        "epcisException:ResourceAlreadyExistsException",
    )
    wrong = me.post("/events", seen(1, action="SEEN"))
    assert (wrong.status_code, wrong.get_json()["type"]) == (400, "epcisException:ValidationException")


def test_an_error_declaration_stands_beside_its_event(party: Make) -> None:
    me = party()
    event_id = me.post("/events", seen(1)).get_json()["eventID"]
    declared = seen(1, eventID=event_id, errorDeclaration={"declarationTime": "2026-03-03T00:00:00Z"})
    assert me.post("/events", declared).status_code == 201
    assert me.post("/events", declared).status_code == 409
    assert len(_events(me.get(f"/events/{quote(event_id, safe='')}"))) == 2
    assert len(_events(me.get("/events?EXISTS_errorDeclaration=true"))) == 1


def test_pages_lead_to_the_next_until_all_is_read(party: Make) -> None:
    me = party()
    me.post("/capture", document(*(seen(n) for n in range(1, 8))))
    path: str | None = "/events?perPage=3&EQ_bizStep=shipping"
    sizes = []
    while path is not None:
        answer = me.get(path)
        sizes.append(len(_events(answer)))
        path = _next(answer)
        assert (path is None) == ("GS1-Next-Page-Token-Expires" not in answer.headers)
    assert sizes == [3, 3, 1]


def test_a_token_that_was_given_back_is_refused(party: Make) -> None:
    me = party()
    me.post("/capture", document(seen(1), seen(2)))
    path = _next(me.get("/events?perPage=1"))
    assert path is not None
    token = path.split("nextPageToken=")[1]
    assert me.get(path).status_code == 200
    assert me.call("DELETE", f"/nextPageToken/{token}").status_code == 204
    assert "given back" in me.get(path).get_json()["detail"]


@pytest.mark.parametrize(
    ("form", "epc"),
    [
        (None, "https://id.gs1.org/00/069012340000000016"),
        ("Always_GS1_Digital_Link", "https://id.gs1.org/00/069012340000000016"),
        ("Always_EPC_URN", "urn:epc:id:sscc:6901234.0000000001"),
        ("Never_Translates", "urn:epc:id:sscc:6901234.0000000001"),
        ("No_Preference", "urn:epc:id:sscc:6901234.0000000001"),
    ],
)
def test_epcs_are_written_as_the_client_asks(party: Make, form: str | None, epc: str) -> None:
    me = party()
    me.post("/capture", document(seen(1)))
    headers = {"GS1_EPC_Format": form} if form else {}
    assert _events(me.get("/events", **headers))[0]["epcList"] == [epc]


def test_links_become_urns_for_a_company_whose_prefix_is_known(party: Make) -> None:
    me = party()
    me.post("/capture", document(seen(1)))
    links = ["https://id.gs1.org/01/06901234123456/21/a%2Fb", "https://id.gs1.org/01/09521234123456/21/1"]
    made = seen(
        2, type="AggregationEvent", parentID="https://id.gs1.org/00/069012340000000023", childEPCs=links
    )
    del made["epcList"]
    me.post("/capture", document(made))
    found = _events(me.get("/events?eventType=AggregationEvent", GS1_EPC_Format="Always_EPC_URN"))[0]
    assert found["childEPCs"] == ["urn:epc:id:sgtin:6901234.012345.a%2Fb", links[1]]
    assert found["parentID"] == "urn:epc:id:sscc:6901234.0000000002"
    assert (
        "urn:epc:id:sscc:6901234.0000000001"
        in me.get("/epcs", GS1_EPC_Format="Always_EPC_URN").get_json()["member"]
    )


@pytest.mark.parametrize(
    ("resource", "value"),
    [
        ("eventTypes", "ObjectEvent"),
        ("epcs", "urn:epc:id:sscc:6901234.0000000001"),
        ("epcs", "https://id.gs1.org/00/069012340000000016"),
        ("bizSteps", "shipping"),
        ("bizSteps", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("bizLocations", "urn:epc:id:sgln:6901234.00001.0"),
        ("readPoints", "https://id.gs1.org/414/6901234000016/254/7"),
        ("dispositions", "in_transit"),
    ],
)
def test_what_events_name_is_listed_and_leads_to_them(party: Make, resource: str, value: str) -> None:
    me = party()
    me.post("/capture", document(seen(1, bizLocation={"id": "urn:epc:id:sgln:6901234.00001.0"})))
    listed = me.get(f"/{resource}").get_json()
    assert listed["type"] == "Collection" and listed["member"]
    entry = f"/{resource}/{quote(value, safe='')}"
    assert me.get(entry).get_json()["member"] == ["events"]
    assert len(_events(me.get(f"{entry}/events?EQ_action=OBSERVE"))) == 1
    assert _events(me.get(f"{entry}/events?EQ_action=ADD")) == []
    assert me.get(f"/{resource}/urn:x:nothing").status_code == 404
    assert me.call("OPTIONS", entry).headers["Allow"] == "OPTIONS, GET"


def test_lists_of_names_are_paged(party: Make) -> None:
    me = party()
    me.post("/capture", document(*(seen(n) for n in range(1, 6))))
    path: str | None = "/epcs?perPage=2"
    members: list[str] = []
    while path is not None:
        answer = me.get(path)
        members += answer.get_json()["member"]
        path = _next(answer)
    assert len(members) == 5 == len(set(members))


def test_the_root_names_the_resources(party: Make) -> None:
    assert set(party().get("/").get_json()["member"]) == {
        "events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "capture", "queries",
    }  # fmt: skip


def test_prefixes_that_mean_two_things_stay_with_their_events(party: Make) -> None:
    me = party()
    for number, uri in ((1, "https://a.example/"), (2, "https://b.example/")):
        sent = document(seen(number, **{"ex:note": "x"}), context=[CONTEXT, {"ex": uri}])
        assert me.post("/capture", sent).status_code == 202
    first, second = _events(me.get("/events"))
    assert "@context" not in first and second["@context"] == [CONTEXT, {"ex": "https://b.example/"}]
    assert len(_events(me.get("/events?EQ_https://b.example/%23note=x"))) == 1


def test_a_named_query_is_kept_run_and_forgotten(party: Make) -> None:
    me = party()
    me.post("/capture", document(seen(1), seen(2, bizStep="receiving")))
    made = me.post("/queries", {"name": "Shipped today", "query": {"EQ_bizStep": ["shipping"]}})
    assert (made.status_code, made.headers["Location"]) == (201, "/epcis/v2/queries/Shipped%20today")
    assert me.post("/queries", {"name": "Shipped today", "query": {}}).status_code == 409
    assert me.get("/queries").get_json() == me.get("/queries/Shipped%20today").get_json()
    found = me.get("/queries/Shipped%20today/events")
    assert found.get_json()["epcisBody"]["queryResults"]["queryName"] == "Shipped today"
    assert [event["bizStep"] for event in _events(found)] == ["shipping"]
    assert me.call("DELETE", "/queries/Shipped%20today").status_code == 204
    assert me.get("/queries/Shipped%20today").status_code == 404
    wrong = me.post("/queries", {"name": "wrong", "query": {"EQ_bizstep": ["shipping"]}})
    assert (wrong.status_code, wrong.get_json()["type"]) == (400, "epcisException:QueryParameterException")


def test_a_subscription_is_kept_shown_without_its_secret_and_ended(party: Make) -> None:
    me = party()
    me.post("/queries", {"name": "all", "query": {}})
    wish = {"dest": "https://client.example.com/hook", "signatureToken": "s3cret", "stream": True}
    made = me.post("/queries/all/subscriptions", wish)
    assert made.status_code == 201 and "s3cret" not in made.text
    one = made.headers["Location"].split("/epcis/v2", 1)[1]
    assert me.get(one).get_json()["dest"] == wish["dest"]
    assert [s["subscriptionID"] for s in me.get("/queries/all/subscriptions").get_json()] == [
        made.get_json()["subscriptionID"]
    ]
    assert me.call("OPTIONS", one).headers["Allow"] == "OPTIONS, GET, DELETE"
    assert me.call("DELETE", one).status_code == 204
    assert me.get(one).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stream": None}, "either stream: true or a schedule"),
        ({"schedule": {"hour": "1"}}, "either stream: true or a schedule"),
        ({"stream": None, "schedule": {"hour": "25"}}, "outside 0 to 23"),
        ({"stream": None, "schedule": {"hour": "noon"}}, "neither a number nor a range"),
        ({"stream": None, "schedule": {"year": "1"}}, "'year' is no field"),
        ({"stream": None, "schedule": {"dayOfMonth": "31", "month": "2"}}, "never comes"),
        ({"dest": "ftp://client.example.com"}, "write a web address"),
        ({"dest": "https://user:pw@client.example.com"}, "no user and password"),
        ({"when": 1}, "no field of a subscription"),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(
    party: Make, change: dict[str, Any], says: str
) -> None:
    me = party()
    me.post("/queries", {"name": "all", "query": {}})
    wish = {"dest": "https://client.example.com/hook", "stream": True, **change}
    answer = me.post("/queries/all/subscriptions", {k: v for k, v in wish.items() if v is not None})
    assert (answer.status_code, answer.get_json()["type"]) == (
        400,
        "epcisException:SubscriptionControlsException",
    )
    assert says in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "name"),
    [
        ("GET", "/events?EQ_bizstep=x", {}, 400, "QueryParameterException"),
        ("GET", "/events?perPage=0", {}, 400, "QueryParameterException"),
        ("GET", "/events?nextPageToken=abc", {}, 400, "QueryParameterException"),
        ("GET", "/events?maxEventCount=1&eventCountLimit=1", {}, 400, "QueryParameterException"),
        ("GET", "/events?maxEventCount=1", {}, 413, "QueryTooLargeException"),
        ("GET", "/events?EQ_bizStep=" + "x" * 20_000, {}, 414, "URITooLongException"),
        ("GET", "/events", {"headers": {"Accept": "text/csv"}}, 406, "NotAcceptableException"),
        ("GET", "/events", {"headers": {"GS1-EPCIS-Min": "3.0"}}, 406, "NotAcceptableException"),
        ("GET", "/events", {"headers": {"GS1-EPCIS-Max": "1.2"}}, 406, "NotAcceptableException"),
        ("GET", "/events", {"headers": {"GS1-EPC-Format": "Sometimes"}}, 406, "NotAcceptableException"),
        ("GET", "/bizSteps/shipping/events?EQ_bizStep=packing", {}, 400, "QueryParameterException"),
        ("GET", "/events/urn:x:none", {}, 404, "NoSuchNameException"),
        ("GET", "/nothing", {}, 404, "NoSuchNameException"),
        ("PUT", "/events", {}, 405, "ImplementationException"),
        ("DELETE", "/epcs", {}, 405, "ImplementationException"),
        ("POST", "/capture", {"data": "{}", "content_type": "text/plain"}, 415, "UnsupportedMediaTypeException"),
        ("POST", "/capture", {"data": "{", "content_type": "application/json"}, 400, "ValidationException"),
        ("POST", "/capture", {"json": {"type": "EPCISDocument"}}, 400, "ValidationException"),
        ("POST", "/capture", {"data": "<a", "content_type": "application/xml"}, 400, "ValidationException"),
        ("POST", "/capture", {**EMPTY, "headers": {"GS1-EPCIS-Version": "3.0"}}, 406, "NotAcceptableException"),
        ("POST", "/capture", {**EMPTY, "headers": {"GS1-Capture-Error-Behaviour": "x"}}, 400, "ValidationException"),
        ("POST", "/events", {"json": document(seen(3))}, 400, "ValidationException"),
        ("POST", "/queries", {"json": {"name": "a/b", "query": {}}}, 400, "QueryParameterException"),
        ("GET", "/queries/none/events", {}, 404, "NoSuchNameException"),
        ("GET", "/capture/none", {}, 404, "NoSuchNameException"),
    ],
)  # fmt: skip
def test_what_is_refused_names_the_standards_exception(
    party: Make, method: str, path: str, options: dict[str, Any], status: int, name: str
) -> None:
    me = party()
    me.post("/capture", document(seen(1), seen(2)))
    answer = me.call(method, path, **options)
    assert (answer.status_code, answer.get_json()["type"]) == (status, f"epcisException:{name}"), answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"] and answer.headers["GS1-EPCIS-Version"] == "2.0.0"


def test_a_problem_is_told_in_xml_and_in_chinese(party: Make) -> None:
    me = party()
    answer = me.get("/events?EQ_bizstep=x", Accept="application/xml", Accept_Language="zh")
    assert answer.content_type == "application/problem+xml"
    assert "<title>查询参数有误</title>" in answer.text


def test_strangers_are_refused_and_viewers_only_read(party: Make) -> None:
    me, viewer, driver = party(), party("other", "viewer"), party("third", "driver")
    assert me.app.test_client().get("/epcis/v2/events").status_code == 401
    assert viewer.get("/events").status_code == 200
    answer = viewer.post("/capture", document(seen(1)))
    assert (answer.status_code, answer.get_json()["type"]) == (403, "epcisException:SecurityException")
    assert driver.post("/capture", document(seen(1))).status_code == 202


def test_too_large_a_document_is_refused_with_the_limits(party: Make) -> None:
    me = party()
    answer = me.call("POST", "/capture", data=b" " * (8 * 1024 * 1024 + 1), content_type="application/json")
    assert (answer.status_code, answer.headers["GS1-EPCIS-Capture-Limit"]) == (413, "10000")
    limits = me.call("OPTIONS", "/capture").headers
    assert limits["GS1-EPCIS-Capture-File-Size-Limit"] == str(8 * 1024 * 1024)


def test_documents_are_checked_in_turn_and_a_large_one_holds_nobody_up(
    party: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []

    class Turn:
        def __enter__(self) -> None:
            turns.append("taken")

        def __exit__(self, *_error: object) -> None:
            turns.append("given back")

    monkeypatch.setattr(capture, "_turn", Turn())
    monkeypatch.setattr(capture, "MOST_EVENTS_OF_A_TURN", 2)
    me = party()
    for count, taken in ((2, ["taken", "given back"]), (3, [])):
        turns.clear()
        answer = me.post("/capture", document(*(seen(n) for n in range(1, count + 1))))
        job = me.get(answer.headers["Location"].removeprefix("/epcis/v2")).get_json()
        assert job["success"] and turns == taken
