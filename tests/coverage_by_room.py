"""Print the covered share of each room from a coverage JSON report: ``python tests/coverage_by_room.py FILE``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path


def main(report: Path) -> None:
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    total: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    for name, entry in files.items():
        parts = name.split("/")
        room = "/".join(parts[:2]) if parts[0] == "platform" and len(parts) > 2 else parts[0]
        total[room] += entry["summary"]["num_statements"]
        covered[room] += entry["summary"]["covered_lines"]
    for room in sorted(total):
        share = 100 * covered[room] / total[room] if total[room] else 100
        print(f"coverage {room:24} {covered[room]:6} of {total[room]:6} statements {share:5.1f} %")
    print(
        f"coverage {'all':24} {sum(covered.values()):6} of {sum(total.values()):6} statements "
        f"{100 * sum(covered.values()) / max(1, sum(total.values())):5.1f} %"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
