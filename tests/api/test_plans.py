"""Plans over the API: files in and out, options, live course, the best so far, why something stayed behind, VROOM."""

from __future__ import annotations

import gzip
import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook

from haoyun.platform.api import vroom
from haoyun.platform.database import Databases
from haoyun.platform.jobs.worker import run_worker
from haoyun.platform.planning import MAX_STOPS
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.settings import Settings
from haoyun.routing.formats.sheet_template import template_csv, template_xlsx

# What jobs keep is tested on both databases in tests/jobs; here it is the searches that take the time.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

PLACE = [121.55, 29.87]
# As VROOM's own documentation writes a request: two vehicles, jobs with skills, a shipment, all in coordinates.
REQUEST: dict[str, Any] = {
    "vehicles": [
        {
            "id": 1,
            "start": PLACE,
            "end": PLACE,
            "capacity": [4],
            "skills": [1, 14],
            "time_window": [28800, 43200],
        },
        {
            "id": 2,
            "start": PLACE,
            "end": PLACE,
            "capacity": [4],
            "skills": [2, 14],
            "time_window": [28800, 43200],
        },
    ],
    "jobs": [
        {"id": 1, "service": 300, "delivery": [1], "location": [121.60, 29.90], "skills": [1]},
        {"id": 2, "service": 300, "pickup": [1], "location": [121.40, 29.80], "skills": [2]},
    ],
    "shipments": [
        {
            "amount": [1],
            "skills": [2],
            "pickup": {"id": 4, "service": 300, "location": [121.50, 29.95]},
            "delivery": {"id": 6, "service": 300, "location": [121.70, 29.85]},
        }
    ],
}


@pytest.fixture
def working(databases: Databases, tmp_path: Path) -> Iterator[None]:
    """A worker that runs meanwhile."""
    settings, stop = Settings(data=tmp_path / "data"), threading.Event()
    with planning(settings, databases) as handlers:
        thread = threading.Thread(target=run_worker, args=(databases, handlers, [], stop))
        thread.start()
        yield
        stop.set()
        thread.join()


def ended(person: Any, job_id: str, seconds: float = 60) -> dict[str, Any]:
    return until(person, job_id, lambda job: job["state"] not in ("QUEUED", "RUNNING"), seconds)


def until(
    person: Any, job_id: str, true: Callable[[dict[str, Any]], bool], seconds: float = 60
) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while not true(job := person.get(f"/jobs/{job_id}").json):
        assert time.monotonic() < end, job
        time.sleep(0.05)
    found: dict[str, Any] = job
    return found


def upload(person: Any, content: bytes, name: str = "orders", **fields: object) -> Any:
    return person.call("POST", "/jobs/file", data={"file": (io.BytesIO(content), name), **fields})


@pytest.mark.usefixtures("working")
def test_a_request_of_vroom_is_answered_as_vroom_answers(carrier: Any) -> None:
    for path in ("/vroom", "/vroom/"):
        answer = carrier.post(path, {**REQUEST, "options": {"g": False, "l": 1}})
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        found = answer.json
        assert (found["code"], found["unassigned"]) == (0, [])
        assert {
            "cost",
            "routes",
            "unassigned",
            "service",
            "duration",
            "waiting_time",
            "computing_times",
        } <= set(found["summary"])
        served = [(step["type"], step.get("id")) for route in found["routes"] for step in route["steps"]]
        assert {("job", 1), ("job", 2), ("pickup", 4), ("delivery", 6)} <= set(served)
        assert found["routes"][0]["steps"][0]["arrival"] == 28800


def test_errors_of_the_vroom_interface_have_its_codes(carrier: Any, viewer: Any, monkeypatch: Any) -> None:
    assert carrier.get("/vroom/health").status_code == 200
    no_json = carrier.call("POST", "/vroom", data=b"{", content_type="application/json")
    assert (no_json.status_code, no_json.json["code"]) == (400, 2)
    wrong = carrier.post("/vroom", {"vehicles": [{"id": 1, "start": PLACE}], "jobs": [{"id": 1}]})
    assert (wrong.status_code, wrong.json["code"]) == (400, 2)
    assert "jobs[0]" in wrong.json["error"]
    many = [{"id": n, "location": PLACE} for n in range(vroom.MAX_STOPS + 1)]
    large = carrier.post("/vroom", {**REQUEST, "jobs": many, "shipments": []})
    assert (large.status_code, large.json["code"]) == (413, 4)
    assert f"at most {vroom.MAX_STOPS}" in large.json["error"]
    nested: Any = []
    for _ in range(300):
        nested = [nested]
    deep = carrier.post("/vroom", {**REQUEST, "note": nested})
    assert (deep.status_code, deep.json["code"]) == (400, 2)
    monkeypatch.setattr(vroom, "WAIT_S", -1.0)  # no worker runs: nobody waits for ever
    nobody = carrier.post("/vroom", {**REQUEST, "options": {"l": 1}})
    assert (nobody.status_code, nobody.json["code"]) == (503, 1)
    assert carrier.get("/jobs").json["items"][0]["state"] == "CANCELLED"
    assert viewer.post("/vroom", REQUEST).status_code == 403


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize("kind", ["xlsx", "csv", "json.gz"])
def test_a_file_becomes_a_plan_and_the_plan_a_file_again(carrier: Any, kind: str) -> None:
    contents = {
        "xlsx": template_xlsx("en"),
        "csv": template_csv("zh").encode(),
        "json.gz": gzip.compress(orjson.dumps(REQUEST)),
    }
    answer = upload(carrier, contents[kind], f"orders.{kind}", time_limit_s="1", seed="3")
    assert answer.status_code == 202, answer.json
    job = ended(carrier, answer.json["id"])
    assert job["state"] == "SUCCEEDED", job["error"]
    where = f"/jobs/{job['id']}/plan?output="
    assert carrier.get(where + "vroom").json["code"] == 0
    assert carrier.get(where + "summary").json["routes"] == job["result"]["routes"]
    assert carrier.get(where + "geojson").json["type"] == "FeatureCollection"
    assert carrier.get(where + "csv&lang=en").data.startswith(b"\xef\xbb\xbfVehicle")
    workbook = load_workbook(io.BytesIO(carrier.get(where + "xlsx&lang=en").data))
    assert len(workbook.sheetnames) >= 3


def test_a_file_that_cannot_be_read_starts_no_job_and_says_where_it_is_wrong(carrier: Any) -> None:
    for content, sentence in (
        (b"", "the file is empty"),
        (b"hello", "the content is of no format known here"),
        (b"\x1f\x8b broken", "the gzip file is damaged"),
        (b"order,delivery,weight_kg\na,Ningbo,1\n", "there are orders but no vehicles"),
    ):
        answer = upload(carrier, content)
        assert answer.status_code == 422, answer.json
        assert sentence in answer.json["errors"]["problem"]
    assert "file" in carrier.call("POST", "/jobs/file", data={"seed": "1"}).json["errors"]
    assert "threads" in upload(carrier, orjson.dumps(REQUEST), threads="99").json["errors"]
    assert carrier.get("/jobs").json["items"] == []


def test_what_is_too_large_is_refused_with_the_limit(carrier: Any) -> None:
    jobs = [{"id": n, "location": PLACE} for n in range(MAX_STOPS + 1)]
    for answer in (
        carrier.post("/jobs", {"problem": {**REQUEST, "jobs": jobs, "shipments": []}}),
        upload(carrier, orjson.dumps({**REQUEST, "jobs": jobs, "shipments": []})),
        upload(carrier, b"order,delivery,weight_kg\n" + b"a,Ningbo,1\n" * (MAX_STOPS + 1)),
        upload(carrier, b"NAME : x\n" + b"1 2 3\n" * (4 * MAX_STOPS)),
        upload(carrier, gzip.compress(b" " * (65 << 20))),
    ):
        assert answer.status_code == 413, answer.json
        assert f"most {MAX_STOPS}" in answer.json["detail"] or "more than 64 MiB" in answer.json["detail"]


@pytest.mark.usefixtures("working")
def test_a_job_shows_its_course_and_ends_early_with_the_best_so_far(carrier: Any) -> None:
    job_id = carrier.post("/jobs", {"problem": REQUEST, "time_limit_s": 60, "threads": 2}).json["id"]
    assert carrier.post("/jobs/job_none/finish").status_code == 404
    running = until(carrier, job_id, lambda job: bool(job["course"]))
    assert running["state"] == "RUNNING"
    begun = time.monotonic()
    assert carrier.post(f"/jobs/{job_id}/finish").status_code == 202
    job = ended(carrier, job_id)
    assert time.monotonic() - begun < 10, "at once, on a busy machine too"
    assert (job["state"], job["result"]["unassigned"]) == ("SUCCEEDED", [])
    assert job["course"][-1]["cost"] == job["result"]["cost"]
    assert job["course"][-1]["vehicles"] == job["result"]["vehicles"]
    assert [p["seconds"] for p in job["course"]] == sorted(p["seconds"] for p in job["course"])
    assert carrier.post(f"/jobs/{job_id}/finish").status_code == 409


def test_only_a_running_job_has_something_to_finish_with(carrier: Any) -> None:
    job_id = carrier.post("/jobs", {"problem": REQUEST}).json["id"]
    assert carrier.post(f"/jobs/{job_id}/finish").status_code == 409
    assert carrier.get(f"/jobs/{job_id}/plan").status_code == 409


@pytest.mark.usefixtures("working")
def test_a_rule_on_driver_hours_can_be_asked_for(carrier: Any) -> None:
    far = [{"id": 1, "location": [116.4, 39.9]}]
    fleet = [{"id": 1, "start": PLACE, "end": None}]
    fleet[0].pop("end")
    payload = {"problem": {"vehicles": fleet, "jobs": far}, "hours": "china", "time_limit_s": 2}
    job = ended(carrier, carrier.post("/jobs", payload).json["id"])
    pauses = job["result"]["steps"][0]["pauses"]
    assert {pause["kind"] for pause in pauses} == {"break", "rest"}
    assert carrier.get(f"/jobs/{job['id']}/plan?output=csv").status_code == 200


@pytest.mark.usefixtures("working")
def test_an_impossible_load_never_empties_the_answer_and_says_what_would_serve_it(
    carrier: Any, stranger: Any
) -> None:
    heavy = {"id": 9, "location": [121.6, 29.9], "delivery": [5]}
    foreign = {"id": 8, "location": [121.6, 29.9], "skills": [99]}
    request = {**REQUEST, "jobs": [*REQUEST["jobs"], heavy, foreign]}
    job = ended(carrier, carrier.post("/jobs", {"problem": request, "time_limit_s": 1}).json["id"])
    result = job["result"]
    assert sorted(result["unassigned"]) == [8, 9]
    assert sum(len(route["stops"]) for route in result["routes"]) == 4
    codes = {entry["id"]: entry["reasons"][0]["code"] for entry in result["why_unassigned"]}
    assert codes == {8: "no_skill", 9: "too_large"}
    assert {entry["id"] for entry in result["why"]} == {8, 9}
    where = f"/jobs/{job['id']}/why?kind=job&id=9"
    why = carrier.get(where, headers={"Accept-Language": "en"}).json
    assert [one["code"] for one in why["obstacles"]] == ["needs_room"]
    assert why["relaxations"][0]["code"] == "more_room"
    assert "1 more of capacity 1 on vehicle" in why["relaxations"][0]["text"]
    assert "即可" in carrier.get(where, headers={"Accept-Language": "zh"}).json["relaxations"][0]["text"]
    assert carrier.get(f"/jobs/{job['id']}/why?kind=job&id=1").status_code == 404
    assert stranger.get(where).status_code == 404
