"""`haoyun solve`: one JSON object out, or one sentence and exit status 1."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haoyun.platform.commands.solve import command
from haoyun.routing.formats.writers import Output

TWO_STOPS = {
    "vehicles": [{"id": 1, "start": [121.5, 31.2], "end": [121.5, 31.2]}],
    "jobs": [{"id": 7, "location": [121.6, 31.2]}, {"id": 8, "location": [121.7, 31.2], "shop": "x"}],
}


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], input=stdin)


@pytest.mark.parametrize(
    ("file", "objective"), [("solomon/R101.txt", "distance"), ("li_lim/lr101.txt", "vehicles")]
)
def test_it_prints_exactly_one_json_object(shared_data: Path, file: str, objective: str) -> None:
    path = shared_data / "routing" / file
    result = run(path, "--time", 2, "--seed", 1, "--threads", 2, "--objective", objective)
    answer = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(answer) == {"feasible", "cost", "distance", "vehicles", "unassigned", "seconds", "routes"}
    assert answer["feasible"]
    served = [stop for route in answer["routes"] for stop in route["stops"]]
    assert sorted(served) == list(range(1, len(served) + 1))
    assert answer["vehicles"] == len(answer["routes"])


def test_an_infeasible_problem_is_answered_with_reasons_on_stderr(tmp_path: Path) -> None:
    problem = {
        "vehicles": [{"id": 1, "start": [0, 0], "capacity": [1]}],
        "jobs": [{"id": 7, "location": [0, 1], "pickup": [2]}],
    }
    (tmp_path / "p.json").write_text(json.dumps(problem))
    result = run(tmp_path / "p.json", "--time", 0.5)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["unassigned"] == [7]
    assert result.stderr == "unassigned: job 7: needs 2 of capacity 1; the largest vehicle carries 1\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ('{"jobs": [', "not valid JSON"),
        ("VEHICLE\nNUMBER CAPACITY\n1\n", "line 3: column capacity is missing"),
        ('{"vehicles": [{"id": 1, "start": "here"}]}', "vehicles[0].start must be [longitude, latitude]"),
        ("order,delivery\nA,Atlantis\n\nvehicle,start\nT,\n", "line 2, column delivery: must be a city"),
        ("NAME : x\nTYPE : CVRP\nDIMENSION : x\n", "line 3: column DIMENSION must be a number, not 'x'"),
    ],
)
def test_a_bad_file_is_one_sentence_and_exit_status_1(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "problem"
    if content is not None:
        path.write_text(content)
    result = run(path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith(f"haoyun: {path}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_problem_may_come_through_the_standard_input_also_gzipped(packed: bool) -> None:
    content = json.dumps(TWO_STOPS).encode()
    result = run("-", "--time", 0.5, stdin=gzip.compress(content) if packed else content)
    assert result.exit_code == 0
    assert sorted(json.loads(result.stdout)["routes"][0]["stops"]) == [7, 8]
    assert result.stderr == "warning: jobs[1].shop is not a field of VROOM and does not count\n"


def test_each_form_of_a_plan_is_written_where_it_should_go(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(TWO_STOPS))
    found = {}
    for form in Output:
        out = tmp_path / f"plan.{form}"
        result = run(tmp_path / "p.json", "--time", 0.3, "--output", form, "--out", out, "--lang", "zh")
        assert (result.exit_code, result.stdout) == (0, "")
        found[form] = out.read_bytes()
    assert json.loads(found[Output.SUMMARY])["feasible"]
    assert json.loads(found[Output.VROOM])["summary"]["routes"] == 1
    assert json.loads(found[Output.GEOJSON])["type"] == "FeatureCollection"
    assert found[Output.CSV].decode("utf-8-sig").startswith("车辆,序号,作业")
    assert found[Output.XLSX].startswith(b"PK")


def test_a_client_of_vroom_gets_vrooms_answer_and_vrooms_error(tmp_path: Path) -> None:
    content = json.dumps(TWO_STOPS).encode()
    result = run("-", "--time", 0.3, "--output", "vroom", stdin=content)
    answer = json.loads(result.stdout)
    assert (answer["code"], [s["type"] for s in answer["routes"][0]["steps"]]) == (
        0,
        ["start", "job", "job", "end"],
    )
    result = run("-", "--output", "vroom", stdin=b"{}")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "code": 2,
        "error": "standard input: a problem needs at least one vehicle",
    }


def test_a_template_is_written_once_and_can_be_solved(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    assert run("--template", path, "--lang", "zh").exit_code == 0
    result = run(path, "--time", 0.5)
    assert json.loads(result.stdout)["routes"] == [{"vehicle": "沪A12345", "stops": ["A-1", "A-1"]}]
    again = run("--template", path)
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    assert run("--template", tmp_path / "orders.doc").exit_code == 2
    assert "Missing argument 'FILE'" in run().stderr


def test_vehicles_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order,delivery\nA,上海\n", encoding="utf-8")
    (tmp_path / "fleet.csv").write_text("vehicle,start\nT,杭州\n", encoding="utf-8")
    result = run(tmp_path / "orders.csv", "--vehicles", tmp_path / "fleet.csv", "--time", 0.3)
    assert json.loads(result.stdout)["routes"] == [{"vehicle": "T", "stops": ["A"]}]
    missing = run(tmp_path / "orders.csv", "--vehicles", tmp_path / "none.csv")
    assert missing.stderr == f"haoyun: {tmp_path / 'none.csv'}: No such file or directory\n"
