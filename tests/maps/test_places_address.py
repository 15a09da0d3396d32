"""Addresses: the division, what is left of the text, and honest doubt."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.maps.gazetteer.addresses import divisions_of, parse_address
from haoyun.maps.gazetteer.divisions import Division, former_divisions, short_name
from haoyun.maps.gazetteer.place_book import PlaceBook


@pytest.mark.parametrize(
    ("text", "code", "rest"),
    [
        ("浙江省宁波市北仑区明州路88号", "330206", "明州路88号"),
        ("宁波北仑", "330206", ""),
        ("浙江 宁波 北仑区", "330206", ""),
        ("中国浙江省宁波市", "330200", ""),
        ("寧波市北侖區", "330206", ""),
        ("北仑区明州路88号", "330206", "明州路88号"),
        ("浙江省宁波市北仑区小港街道红联", "330206002", "红联"),
        ("上海市浦东新区张杨路500号", "310115", "张杨路500号"),
        ("上海浦东", "310115", ""),
        ("上海市上海市浦东新区", "310115", ""),
        ("广西壮族自治区南宁市青秀区民族大道", "450103", "民族大道"),
        ("广西南宁", "450100", ""),
        ("新疆维吾尔自治区伊犁哈萨克自治州霍尔果斯市", "654004", ""),
        ("新疆霍尔果斯", "654004", ""),
        ("内蒙古自治区锡林郭勒盟二连浩特市", "152501", ""),
        ("内蒙呼和浩特", "150100", ""),
        ("恩施州利川", "422802", ""),
        ("湖北省仙桃市", "429004", ""),  # a county directly under its province
        ("湖北仙桃", "429004", ""),
        ("河南济源市", "419001", ""),
        ("浙江义乌", "330782", ""),  # a county-level city, the prefecture left out
        ("广东省东莞市虎门镇", "441900121", ""),  # a prefecture without counties
        ("吉林省吉林市", "220200", ""),
        ("吉林市", "220200", ""),
        ("香港特别行政区九龙", "810000", "九龙"),
        ("台湾省台北市", "710000", "台北市"),
        ("收货人王小明 浙江省宁波市北仑区明州路", "330206", "收货人王小明 明州路"),
        ("张三 13800000000 浙江省宁波市北仑区", "330206", "张三 13800000000"),
        ("315800 宁波市北仑区", "330206", "315800"),
        ("苏州市工业园区星湖街", "320500", "工业园区星湖街"),
        ("Beilun, Ningbo, Zhejiang", "330206", ""),
        ("Zhejiang, Ningbo, Beilun", "330206", ""),
        (
            "88 Mingzhou Road, Beilun District, Ningbo City, Zhejiang Province 315800, P.R. China",
            "330206",
            "88 Mingzhou Road",
        ),
        ("Xi'an, Shaanxi", "610100", ""),
        ("Suzhou, Anhui", "341300", ""),
        ("Hohhot, Inner Mongolia", "150100", ""),
    ],
)
def test_an_address_gives_its_division_and_keeps_the_rest(
    place_book: PlaceBook, text: str, code: str, rest: str
) -> None:
    (address,) = parse_address(place_book, text)
    assert (address.code, address.rest) == (code, rest)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("朝阳区", {"110105", "220104"}),
        ("鼓楼区", {"320106", "320302", "350102", "410204"}),
        ("吉林", {"220000", "220200"}),
        ("Suzhou", {"320500", "341300", "620902"}),
    ],
)
def test_what_the_text_does_not_decide_is_reported_with_all_candidates(
    place_book: PlaceBook, text: str, codes: set[str]
) -> None:
    assert {a.code for a in parse_address(place_book, text)} == codes


@pytest.mark.parametrize(
    ("text", "code"), [("北京朝阳", "110105"), ("长春市朝阳区", "220104"), ("南京鼓楼", "320106")]
)
def test_the_division_above_decides(place_book: PlaceBook, text: str, code: str) -> None:
    assert [a.code for a in parse_address(place_book, text)] == [code]


@pytest.mark.parametrize("text", ["", "明州路88号", "南京路", "北京路1号", "hello world", "?", "小港街道"])
def test_a_text_without_a_division_gives_none(place_book: PlaceBook, text: str) -> None:
    assert parse_address(place_book, text) == []


def test_a_short_name_before_a_street_word_is_a_street(place_book: PlaceBook) -> None:
    (address,) = parse_address(place_book, "上海市南京路100号")
    assert (address.code, address.rest) == ("310000", "南京路100号")


def test_divisions_that_were_abolished_or_renamed_are_still_read(place_book: PlaceBook) -> None:
    (old,) = parse_address(place_book, "杭州市下城区")
    assert old.code == "330103"
    assert old.division.former
    (renamed,) = parse_address(place_book, "浙江省奉化市")  # a district since 2016
    assert renamed.code == "330213"
    assert not renamed.division.former


def test_an_address_has_a_position_and_says_how_exact_it_is(place_book: PlaceBook) -> None:
    (address,) = parse_address(place_book, "宁波北仑")
    lat, lon, precision_m = address.position
    assert (lat, lon) == pytest.approx((29.90, 121.84), abs=0.05)
    assert 1_000 <= precision_m <= 10_000
    assert [d.name for d in address.chain] == ["浙江省", "宁波市", "北仑区"]
    assert [d.level for d in address.chain] == [1, 2, 3]


def test_every_division_is_read_from_its_own_full_address(place_book: PlaceBook) -> None:
    rows = place_book.rows("SELECT code FROM division WHERE level <= 3 AND former = 0 ORDER BY code")
    wrong = []
    for (code,) in rows[::7]:
        text = "".join(d.name for d in divisions_of(place_book, code))
        codes = [a.code for a in parse_address(place_book, text)]
        if codes != [code]:
            wrong.append((text, code, codes))
    assert not wrong


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text("浙江省宁波市北仑区朝阳上海路, 1a", max_size=20))
def test_no_text_breaks_the_reader(place_book: PlaceBook, text: str) -> None:
    for address in parse_address(place_book, text):
        assert address.chain
        assert address.position


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("宁波市", "宁波"),
        ("伊犁哈萨克自治州", "伊犁"),
        ("恩施土家族苗族自治州", "恩施"),
        ("内蒙古自治区", "内蒙古"),
        ("鄂伦春自治旗", "鄂伦春"),
        ("东乡族自治县", "东乡"),
        ("浦东新区", "浦东"),
        ("忠县", "忠县"),  # never shorter than two characters
        ("神农架林区", "神农架"),
        ("香港特别行政区", "香港"),
    ],
)
def test_a_short_name_is_what_people_say(name: str, short: str) -> None:
    assert short_name(name) == short


def test_an_older_list_adds_what_was_abolished_and_what_changed_its_kind() -> None:
    today = [
        Division("330000", "浙江省", 1, ""),
        Division("330100", "杭州市", 2, "330000"),
        Division("330213", "奉化区", 3, "330100"),
    ]
    older = {"330103": "下城区", "330283": "奉化市", "330101": "市辖区", "330213": "奉化区"}
    abolished, renamed = former_divisions(today, older)
    assert [(d.code, d.parent) for d in abolished] == [("330103", "330100")]
    assert renamed == [("奉化市", "330213")]
