"""Render the table of settings for docs/reference/settings.md: ``python tests/settings_table.py --write``."""

from __future__ import annotations

import sys
from pathlib import Path

from haoyun.platform.settings import PREFIX, Settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"
HEAD = """# Settings

Sources, strongest first: command-line options, the environment, a file `.env` in the working folder, the defaults.
Any of them may be given as `<NAME>_FILE`, naming a file that holds the value (for secrets). An unknown name is
refused, so that a typing error does not pass unnoticed. `haoyun config show` prints what is in force.

"""


def table() -> str:
    """The Markdown table, one row a setting, in the order of the code; those of base classes come last."""
    rows = ["| name | default | meaning |", "|---|---|---|"]
    for name in sorted(Settings.model_fields, key=lambda name: name not in Settings.__annotations__):
        field = Settings.model_fields[name]
        default = "" if field.default is None else field.default
        shown = ",".join(default) if isinstance(default, tuple) else str(default)
        rows.append(f"| `{PREFIX}{name.upper()}` | {f'`{shown}`' if shown else ''} | {field.description} |")
    return "\n".join(rows)


if __name__ == "__main__" and "--write" in sys.argv:
    TARGET.write_text(HEAD + table() + "\n", encoding="utf-8")
