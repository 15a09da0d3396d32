"""The place book: found in two languages, while typing, with a slip of the finger, and near what one looks at."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.maps.errors import BadCoordinate, BadMapFile, UnknownPlace
from haoyun.maps.gazetteer.names import fold, simplified, within_one_slip
from haoyun.maps.gazetteer.place import SITE_KINDS, PlaceKind
from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.maps.gazetteer.place_query import How
from haoyun.maps.geodesy import haversine_m

NINGBO_PORT = (29.93, 121.87)


def first(book: PlaceBook, text: str) -> str:
    found = book.search(text, 1)
    return found[0].place.name_en if found else ""


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("宁波", "Ningbo"),
        ("宁波市", "Ningbo"),
        ("寧波", "Ningbo"),  # traditional characters
        ("北仑", "Beilun"),
        ("北仑区", "Beilun"),
        ("内蒙", "Inner Mongolia"),
        ("汉堡", "Hamburg"),
        ("纽约", "New York City"),  # GeoNames has it in traditional characters only
        ("鹿特丹港", "Port of Rotterdam (Maasvlakte)"),
        ("Ningbo", "Ningbo"),
        ("  nINGBO ", "Ningbo"),
        ("ningb", "Ningbo"),
        ("Ürümqi", "Ürümqi"),
        ("urumqi", "Ürümqi"),
        ("xian", "Xi'an"),
        ("Xi'an", "Xi'an"),
        ("new yo", "New York City"),
        ("singapore", "Singapore"),
        ("Tibet", "Xizang"),
        ("Canton", "Guangzhou"),
        ("CNNGB", "Port of Ningbo-Zhoushan, Beilun"),
        ("pvg", "Shanghai Pudong International Airport"),
        ("330206", ""),
        ("", ""),
        ("  -?!", ""),
        ("🚚", ""),
    ],
)
def test_a_place_is_found_by_its_names_in_both_languages(
    place_book: PlaceBook, typed: str, name: str
) -> None:
    assert first(place_book, typed) == name


def test_the_book_holds_divisions_populated_places_and_sites(place_book: PlaceBook) -> None:
    assert place_book.count() > 200_000
    assert place_book.get("330206").kind == PlaceKind.COUNTY
    assert place_book.get("110000").population > 10_000_000  # one with the populated place
    assert place_book.get("site-deham").country == "DE"
    with pytest.raises(UnknownPlace, match="no place of the code 'nowhere'"):
        place_book.get("nowhere")


def test_more_letters_never_lose_the_city_one_is_typing(place_book: PlaceBook) -> None:
    for n in range(3, len("shanghai") + 1):
        assert first(place_book, "shanghai"[:n]) == "Shanghai"


def test_initials_of_the_syllables_find_a_chinese_city(place_book: PlaceBook) -> None:
    assert first(place_book, "nb") == "Ningbo"
    assert {f.how for f in place_book.search("nb", 5)} >= {How.INITIALS}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("nngbo", "Ningbo"),  # dropped
        ("Shanghia", "Shanghai"),  # swapped
        ("rotterdaam", "Rotterdam"),  # added
        ("Ningvo", "Ningbo"),  # changed
        ("Zurch", "Zürich"),
    ],
)
def test_one_slip_in_a_latin_name_is_forgiven(place_book: PlaceBook, typed: str, name: str) -> None:
    found = place_book.search(typed, 1)[0]
    assert (found.place.name_en, found.how) == (name, How.TYPO)


def test_two_slips_are_not_forgiven(place_book: PlaceBook) -> None:
    assert "Ningbo" not in {f.place.name_en for f in place_book.search("Nimgvo")}


@given(st.text("abcd", max_size=6), st.text("abcd", max_size=6))
def test_within_one_slip_is_what_one_edit_makes(a: str, b: str) -> None:
    edits = {a}
    for i in range(len(a) + 1):
        edits |= {a[:i] + c + a[i:] for c in "abcd"}
        edits |= {a[:i] + c + a[i + 1 :] for c in "abcd"} | {a[:i] + a[i + 1 :]}
        edits |= {a[:i] + a[i + 1] + a[i] + a[i + 2 :]} if i + 1 < len(a) else set()
    edits |= {e for e in edits if abs(len(e) - len(a)) <= 1}
    assert within_one_slip(a, b) == (b in edits)


def test_near_draws_small_places_forward_and_says_how_far(place_book: PlaceBook) -> None:
    anywhere = place_book.search("xiao", 20)
    near = place_book.search("xiao", 20, near=NINGBO_PORT)
    assert all(f.distance_m is None for f in anywhere)
    close = [f for f in near if f.distance_m is not None and f.distance_m < 60_000]
    assert close
    assert {f.place.code for f in close} - {f.place.code for f in anywhere}
    for f in near:
        assert f.distance_m == pytest.approx(haversine_m(*NINGBO_PORT, f.place.lat, f.place.lon))
    with pytest.raises(BadCoordinate):
        place_book.search("xiao", near=(99.0, 0.0))


def test_of_two_equal_names_the_closer_comes_first(place_book: PlaceBook) -> None:
    beijing, changchun = (39.9, 116.4), (43.9, 125.3)
    assert place_book.search("朝阳区", 1, near=beijing)[0].place.code == "110105"
    assert place_book.search("朝阳区", 1, near=changchun)[0].place.code == "220104"


def test_kinds_limit_what_is_found(place_book: PlaceBook) -> None:
    ports = place_book.search("宁波", 20, kinds=[PlaceKind.SEAPORT])
    assert len(ports) >= 5
    assert {f.place.kind for f in ports} == {PlaceKind.SEAPORT}
    assert first(place_book, "宁波") == "Ningbo"
    assert place_book.search("宁波", kinds=[]) == []
    typo = place_book.search("Ningvo", kinds=[PlaceKind.SEAPORT], near=NINGBO_PORT)
    assert all(f.place.kind == PlaceKind.SEAPORT for f in typo)


def test_all_characters_in_any_order_find_a_port_by_its_everyday_name(place_book: PlaceBook) -> None:
    found = place_book.search("宁波港", 5)
    assert {f.place.kind for f in found} <= set(SITE_KINDS)
    assert found[0].place.name_zh.startswith("宁波")


def test_a_limit_is_kept_and_a_foolish_one_refused(place_book: PlaceBook) -> None:
    assert len(place_book.search("s", 3)) == 3
    for limit in (0, -1, 1001):
        with pytest.raises(ValueError, match="1 to 1000 places"):
            place_book.search("s", limit)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=90))
def test_no_text_breaks_the_query_language(place_book: PlaceBook, text: str) -> None:
    for found in place_book.search(text, 3):
        assert found.place.name_en


@pytest.mark.parametrize(
    "text", ['"', "AND", "NOT x", "a* OR b", "keys:x", "(", "NEAR(a b)", "宁 OR 波", "^宁", "-a"]
)
def test_words_of_the_query_language_are_names_like_any_other(place_book: PlaceBook, text: str) -> None:
    place_book.search(text)


def test_each_thread_reads_with_its_own_connection(place_book: PlaceBook) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(first(place_book, "宁波"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["Ningbo"] * 4


def test_a_file_that_is_no_book_is_named(tmp_path) -> None:
    path = tmp_path / "places-x.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(BadMapFile, match=r"places-x.sqlite is no place book .*delete it"):
        PlaceBook(path).search("a")
    with pytest.raises(BadMapFile, match="is no place book"):
        PlaceBook(tmp_path / "missing.sqlite").search("a")


def test_folding_joins_what_people_type_differently() -> None:
    assert fold("Saint-Étienne") == fold("saint etienne") == "saintetienne"
    assert fold("Łódź") == "lodz"
    assert fold("Xi’an") == fold("XI'AN") == "xian"
    assert simplified("鎮海區") == "镇海区"
    assert simplified("Hamburg") == "Hamburg"
