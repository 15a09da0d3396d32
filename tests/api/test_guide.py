"""docs/reference/api.md: its examples run as they stand, and its table names every route."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from werkzeug.serving import make_server

GUIDE = Path(__file__).resolve().parent.parent.parent / "docs/reference/api.md"
PASSWORD = "correct horse battery"
SPEC = "/api/v1/openapi.json"


@pytest.fixture
def address(app: APIFlask) -> Iterator[str]:
    """The application behind a real port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    serving.join()
    server.server_close()


def test_the_examples_run_as_they_stand(address: str, shipper: Any, carrier: Any) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("curl or bash is missing on this machine")
    examples = re.findall(r"```bash\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert len(examples) >= 8
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(examples)],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "API": address,
            "SHIPPER_EMAIL": shipper.email,
            "SHIPPER_PASSWORD": PASSWORD,
            "CARRIER_EMAIL": carrier.email,
            "CARRIER_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    assert '"fits":true' in run.stdout.replace(" ", "") and '"CANCELLED"' in run.stdout


def test_the_table_names_every_route_and_no_other(app: APIFlask) -> None:
    named = set(
        re.findall(
            r"`(GET|POST|PUT|DELETE) (/[^`?]*)`", GUIDE.read_text(encoding="utf-8").split("## All routes")[1]
        )
    )
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.rule != SPEC
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert named == served, named ^ served
