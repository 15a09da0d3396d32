"""The documents say what the code does: every setting, command and local link is checked."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from settings_table import table

from haoyun.platform.cli import COMMANDS, cli
from haoyun.platform.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
# Only files of the project: a virtual environment or node_modules may lie in the same folder.
TRACKED = [
    p
    for pattern in ("*.md", "docs/**/*.md", "*/README.md", "platform/*/README.md")
    for p in sorted(ROOT.glob(pattern))
    if not {".venv", "node_modules"} & set(p.parts)
]


def test_every_setting_stands_in_the_reference_with_its_default_and_meaning() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert table() in text, "run: python tests/settings_table.py --write"


def test_no_setting_in_the_reference_is_unknown() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    named = {n.removesuffix("_FILE") for n in re.findall(rf"{PREFIX}[A-Z0-9_]+", text)} - {PREFIX}
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields} | {f"{PREFIX}SHARED_DATA"}


def commands() -> list[str]:
    names = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        names += [f"{name} {sub}" for sub in command.commands] if isinstance(command, click.Group) else [name]
    return names


def test_every_command_stands_in_the_reference() -> None:
    text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    missing = [name for name in commands() if f"`{name}" not in text]
    assert not missing, missing


def test_live_without_databases_says_in_one_sentence_what_to_do(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "haoyun.platform.cli", "--data", str(tmp_path), "live", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert "haoyun db upgrade" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("path", TRACKED, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_local_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    missing = [
        t
        for t in targets
        if "://" not in t and not t.startswith("mailto:") and not (path.parent / t).exists()
    ]
    assert not missing, missing


def test_both_readmes_tell_the_same_things() -> None:
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    assert len(re.findall("^## ", english, re.M)) == len(re.findall("^## ", chinese, re.M))
    assert re.findall(r"^\| `(\w+)`", english, re.M) == re.findall(r"^\| `(\w+)`", chinese, re.M)


def test_every_room_has_a_readme() -> None:
    for room in ("maps", "routing", "tracking", "rfid_ingest", "platform", "tests", "docker"):
        assert (ROOT / room / "README.md").is_file(), room


# What a reader has at hand before the first line of an example: told in the text around it.
AT_HAND = {
    "docs/reference/maps.md": {
        "folder", "departure", "points", "network", "mask", "times", "lat", "lon", "headings", "speeds",
        "traces", "matcher", "yesterday",
    },
    "docs/howto/maps-analysis.md": {"folder", "path", "out"},
    "docs/howto/import-a-map.md": set(),
}  # fmt: skip


@pytest.mark.parametrize("page", sorted(AT_HAND))
def test_python_examples_import_what_they_use(page: str) -> None:
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
        imports, names = [], set()
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(ast.unparse(node))
            elif isinstance(node, ast.Name):
                names.add((node.id, isinstance(node.ctx, ast.Store)))
        have: dict[str, object] = {}
        exec("\n".join(imports), have)  # fails on a name that is not there
        made = {name for name, stored in names if stored} | set(have) | set(dir(builtins)) | AT_HAND[page]
        assert {name for name, stored in names if not stored} <= made, block
