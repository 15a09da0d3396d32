"""How long the place book takes to build, to answer while one types, and to say what is where.

Run: python tests/bench/maps_places.py [FOLDER]      (the book is built in FOLDER, or else in a temporary one)

What is typed: the first 1 to 6 letters of the English name, and the first 1 to 3 characters of the Chinese name,
of 400 places drawn with a fixed seed, half by importance and half from all; once without and once with `near`.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from haoyun.maps.gazetteer.addresses import divisions_of, parse_address
from haoyun.maps.gazetteer.place import SITE_KINDS
from haoyun.maps.gazetteer.place_book import PlaceBook, open_places
from haoyun.maps.gazetteer.place_where import reverse

SEED = 20
NEAR = (29.93, 121.87)


def timed_ms(call: Callable[[str], object], values: Iterable[str]) -> np.ndarray:
    spent = []
    for value in values:
        begin = time.perf_counter()
        call(value)
        spent.append((time.perf_counter() - begin) * 1000)
    return np.array(spent)


def line(what: str, ms: np.ndarray) -> None:
    p50, p95, p99 = np.percentile(ms, [50, 95, 99])
    print(f"{what:<44}{len(ms):>7}{p50:>9.2f}{p95:>9.2f}{p99:>9.2f}{ms.max():>9.2f}")


def typed(book: PlaceBook) -> list[str]:
    rng = random.Random(SEED)
    everything = book.rows("SELECT name_en, name_zh FROM place")
    important = book.rows("SELECT name_en, name_zh FROM place WHERE id <= 4000")
    names = rng.sample(important, 200) + rng.sample(everything, 200)
    texts = [en[:n] for en, _ in names for n in range(1, 7)] + [
        zh[:n] for _, zh in names for n in range(1, 4)
    ]
    rng.shuffle(texts)
    return texts


def addresses(book: PlaceBook) -> list[str]:
    rng = random.Random(SEED)
    codes = [code for (code,) in book.rows("SELECT code FROM division WHERE level = 3 ORDER BY code")]
    return [
        "".join(d.name for d in divisions_of(book, code)) + "明州路88号" for code in rng.sample(codes, 1000)
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        begin, cpu = time.perf_counter(), time.process_time()
        book = open_places(folder)
        print(
            f"built in {time.perf_counter() - begin:.1f} s ({time.process_time() - cpu:.1f} s of CPU), "
            f"{book.path.stat().st_size / 1e6:.0f} MB on disk, "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB of memory at the peak"
        )
        fresh = PlaceBook(book.path)
        begin = time.perf_counter()
        fresh.search("宁波")
        print(f"opened and first answer: {(time.perf_counter() - begin) * 1000:.1f} ms")
        print(f"{book.count():,} places; built from {book.facts()}")
        print("kinds:", dict(book.rows("SELECT kind, count(*) FROM place GROUP BY kind")))
        levels = "SELECT level, count(*) FROM division WHERE former = 0 GROUP BY level"
        print("divisions by level:", dict(book.rows(levels)))
        exact = (
            "SELECT precision_m, count(*) FROM division WHERE level = 3 AND former = 0 GROUP BY precision_m"
        )
        print("counties by how exact their position is, in metres:", dict(book.rows(exact)))
        texts = typed(book)
        print(f"{'milliseconds':<44}{'calls':>7}{'median':>9}{'p95':>9}{'p99':>9}{'most':>9}")
        line("autocomplete, 8 places", timed_ms(lambda t: book.search(t, 8), texts))
        line("autocomplete, 8 places, near", timed_ms(lambda t: book.search(t, 8, near=NEAR), texts))
        line("autocomplete, 8 freight sites", timed_ms(lambda t: book.search(t, 8, kinds=SITE_KINDS), texts))
        long = [t for t in texts if len(t) >= 6 and t.isascii()]
        line("a slip in a Latin name", timed_ms(lambda t: book.search(t[:3] + "q" + t[4:], 8), long))
        line("address to division", timed_ms(lambda t: parse_address(book, t), addresses(book)))
        rng = random.Random(SEED)
        in_china = [f"{rng.uniform(22, 42)},{rng.uniform(98, 121)}" for _ in range(1000)]
        line("position to place", timed_ms(lambda t: reverse(book, *map(float, t.split(","))), in_china))


if __name__ == "__main__":
    main()
