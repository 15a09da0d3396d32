"""Raw device messages, as they come over the wire."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.crs import Crs, from_wgs84
from haoyun.tracking.decoders import DECODERS, decode
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.messages import Message

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)


def message(kind: str, payload: bytes) -> Message:
    return Message("t", "truck-0001", kind, payload, NOW)


def test_own_format_reads_every_field() -> None:
    raw = (
        b'{"t":"2026-05-11T15:59:58+08:00","lat":29.87,"lon":121.54,"spd":63.5,"hdg":270,"alt":12,'
        b'"acc":8,"seq":4}'
    )
    (fix,) = decode(message("fixes", raw)).fixes
    at = datetime(2026, 5, 11, 7, 59, 58, tzinfo=UTC)
    assert fix == PositionFix("truck-0001", at, NOW, 29.87, 121.54, 63.5, 270, 12, 8, seq=4)


@pytest.mark.parametrize("t", ["1778486398", "1778486398000", '"2026-05-11T07:59:58Z"'])
def test_time_is_iso_or_epoch_seconds_or_milliseconds(t: str) -> None:
    (fix,) = decode(message("fixes", b'{"t":%s,"lat":1,"lon":2}' % t.encode())).fixes
    assert fix.fix_time == datetime(2026, 5, 11, 7, 59, 58, tzinfo=UTC)


def test_chinese_coordinates_are_converted_at_the_edge() -> None:
    lat, lon = from_wgs84(29.87, 121.54, Crs.GCJ02)
    (fix,) = decode(message("fixes", b'{"t":1778486398,"lat":%f,"lon":%f,"crs":"gcj02"}' % (lat, lon))).fixes
    assert (fix.lat, fix.lon) == (pytest.approx(29.87, abs=2e-6), pytest.approx(121.54, abs=2e-6))


def test_a_bad_fix_in_an_array_is_refused_alone() -> None:
    decoded = decode(
        message("fixes", b'[{"t":1778486398,"lat":1,"lon":2},{"t":1778486398,"lat":91,"lon":2}]')
    )
    assert len(decoded.fixes) == 1
    assert [(bad.index, str(bad.error)) for bad in decoded.bad] == [(1, "latitude 91 is outside -90..90")]


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (b'{"lat":1,"lon":2}', "t: time must be"),
        (b'{"t":"yesterday","lat":1,"lon":2}', "neither ISO-8601"),
        (b'{"t":"2026-05-11T07:59:58","lat":1,"lon":2}', "neither ISO-8601"),
        (b'{"t":1e300,"lat":1,"lon":2}', "neither ISO-8601"),
        (b'{"t":5,"lat":1,"lon":2}', "outside 2000..2100"),
        (b'{"t":1778486398,"lon":2}', "lat is missing"),
        (b'{"t":1778486398,"lat":"1","lon":2}', "lat must be a number"),
        (b'{"t":1778486398,"lat":1,"lon":200}', "longitude 200 is outside"),
        (b'{"t":1778486398,"lat":1,"lon":2,"spd":-3}', "speed_kmh -3 is outside"),
        (b'{"t":1778486398,"lat":1,"lon":2,"crs":"utm"}', "crs 'utm' is none of"),
        (b'{"t":1778486398,"lat":1,"lon":2,"crs":[]}', "is none of"),
        (b'{"t":1778486398,"lat":1,"lon":2,"seq":-1}', "seq -1 is outside"),
        (b"3", "must be an object"),
    ],
)
def test_a_bad_field_is_named_with_its_rule(item: bytes, rule: str) -> None:
    (bad,) = decode(message("fixes", b"[%s]" % item)).bad
    assert rule in str(bad.error)
    assert isinstance(bad.error, BadFix)


def test_owntracks_location() -> None:
    raw = (
        b'{"_type":"location","acc":5,"alt":20,"batt":87,"cog":271,"lat":29.87,"lon":121.54,"t":"t",'
        b'"tid":"t1","tst":1778486398,"vel":63,"vac":3}'
    )
    (fix,) = decode(message("owntracks", raw)).fixes
    assert (fix.lat, fix.lon, fix.speed_kmh, fix.heading_deg, fix.accuracy_m) == (29.87, 121.54, 63, 271, 5)


def test_owntracks_reports_without_a_position_are_taken_quietly() -> None:
    assert decode(message("owntracks", b'{"_type":"lwt","tst":1778486398}')).fixes == ()
    assert decode(message("owntracks", b'{"_type":"transition","event":"enter","desc":"yard"}')).fixes == ()


def test_owntracks_says_its_battery_and_which_region_it_entered() -> None:
    raw = b'{"_type":"location","batt":87,"bs":2,"lat":29.87,"lon":121.54,"tst":1778486398,"acc":-1}'
    (fix,) = decode(message("owntracks", raw)).fixes
    assert fix.sensors == {"battery_pct": 87, "charging": True}
    assert fix.accuracy_m is None
    raw = (
        b'{"_type":"transition","wtst":1778480000,"lat":29.87,"lon":121.54,"tst":1778486398,"acc":5,"tid":"t1",'
        b'"event":"enter","desc":"yard","t":"c"}'
    )
    (fix,) = decode(message("owntracks", raw)).fixes
    assert fix.sensors == {"event": "enter yard"}


def test_owntracks_encrypted_and_foreign_payloads_are_refused() -> None:
    with pytest.raises(DecodeError, match="encrypted"):
        decode(message("owntracks", b'{"_type":"encrypted","data":"x"}'))
    with pytest.raises(DecodeError, match="_type"):
        decode(message("owntracks", b"[]"))


def test_an_unsupported_kind_names_the_supported_ones() -> None:
    with pytest.raises(DecodeError, match="fixes, owntracks") as caught:
        decode(message("morse", b".-"))
    assert caught.value.code == "unsupported_kind"


_KEYS = [
    "t",
    "lat",
    "lon",
    "fixes",
    "seq",
    "base",
    "crs",
    "_type",
    "tst",
    "spd",
    "sensors",
    "position",
    "latitude",
    "longitude",
    "fixTime",
    "attributes",
    "location",
    "coords",
    "timestamp",
    "header",
    "msg_id",
    "body",
    "time",
    "status",
    "alarm",
    "extra",
    "items",
    "msgid",
    "datalist",
    "state",
    "reported",
    "latlng",
    "ts",
    "type",
    "features",
    "geometry",
    "coordinates",
    "properties",
    "position.latitude",
    "position.longitude",
    "result",
    "battery",
    "jt808",
    "event",
]

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner),
    max_leaves=12,
)


@given(json_like, st.sampled_from(sorted(DECODERS)))
def test_no_json_makes_a_decoder_raise_anything_else(value: object, kind: str) -> None:
    try:
        decode(message(kind, json.dumps(value).encode()))
    except DecodeError as error:
        assert str(error)
