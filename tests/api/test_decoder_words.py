"""Whatever a decoder says of a report has its sentence in Chinese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from haoyun.platform.api.decoder_words import CHINESE, in_chinese

TRACKING = Path(__file__).resolve().parents[2] / "tracking"
FILES = [
    *sorted((TRACKING / "decoders").glob("*.py")),
    *(TRACKING / name for name in ("fixes.py", "sensors.py", "envelope.py", "instants.py")),
]
RAISED = {"BadFix", "DecodeError", "BadInstant"}


def shapes(file: Path) -> Iterator[str]:
    """The sentences of a file's refusals, figures replaced by {}."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED and node.args:
            words = node.args[0]
            if isinstance(words, ast.JoinedStr):
                yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in words.values)
            elif isinstance(words, ast.Constant):
                yield str(words.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_refusal_of_a_decoder_has_its_chinese(file: Path) -> None:
    assert [shape for shape in shapes(file) if shape not in CHINESE] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("lat is missing", "缺少 lat"),
        ("lat 91 is outside -90..90", "lat 91 超出 -90 至 90"),
        (
            "t: time 'x' is neither ISO-8601 with an offset nor epoch seconds",
            "t：时间 'x' 既不是带时差的 ISO-8601，也不是纪元秒",
        ),
        ("checksum 1A of $GPRMC should be 2B", "$GPRMC 的校验和 1A 应为 2B"),
        ("something new", "something new"),
    ],
)
def test_figures_stand_in_their_places(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese
