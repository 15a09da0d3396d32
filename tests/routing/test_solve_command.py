"""`haoyun solve`: one JSON object out, or one sentence and exit status 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haoyun.platform.commands.solve import command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments])


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
