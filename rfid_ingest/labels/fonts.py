"""The font of labels: Noto Sans SC (SIL Open Font License), which writes Chinese and Latin; it is put into the PDF.

The file comes with the package zhplot, of which nothing else is used or imported. docs/decisions/0036 says why.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

NAME = "NotoSansSC"


def font_file() -> Path:
    """Where the font lies. Raises FileNotFoundError that says what to install."""
    found = importlib.util.find_spec("zhplot")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "fonts" / "NotoSansSC-Regular.ttf"
        if path.is_file():
            return path
    raise FileNotFoundError("the font of labels is missing: pip install zhplot")


@lru_cache(maxsize=1)
def registered() -> str:
    """The font's name in PDFs; the file is read once in a process."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - half a second, for labels only
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415

    pdfmetrics.registerFont(TTFont(NAME, str(font_file())))
    return NAME


def fitted(text: str, size_pt: float, room_pt: float) -> tuple[str, float]:
    """The text and its size such that it fits: smaller by up to a third, then cut."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415

    width = pdfmetrics.stringWidth(text, registered(), size_pt)
    if width > room_pt:
        size_pt = max(size_pt * 2 / 3, size_pt * room_pt / width)
    while text and pdfmetrics.stringWidth(text, registered(), size_pt) > room_pt + 0.01:
        text = text.rstrip("…")[:-1] + "…" if len(text) > 1 else ""
    return text, size_pt
