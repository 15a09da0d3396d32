"""Raw messages of the formats that other people's devices and servers send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.crs import Crs, from_wgs84
from haoyun.tracking.decoders import DECODERS, FORMATS, decode
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.messages import Message

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
AT = datetime(2026, 5, 11, 7, 59, 58, tzinfo=UTC)


def message(kind: str, payload: bytes | str | object) -> Message:
    if isinstance(payload, str):
        payload = payload.encode()
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message("t", "truck-0001", kind, raw, NOW)


def one(kind: str, payload: object) -> PositionFix:
    decoded = decode(message(kind, payload))
    assert decoded.bad == ()
    (fix,) = decoded.fixes
    return fix


def sensors_of(fix: PositionFix) -> dict[str, object]:
    return dict(fix.sensors)


TRACCAR = {
    "position": {
        "id": 0,
        "attributes": {
            "batteryLevel": 81,
            "ignition": True,
            "sat": 11,
            "odometer": 120_345,
            "temp1": -18.5,
            "door": False,
            "alarm": "sos",
            "totalDistance": 4711.2,
        },
        "deviceId": 7,
        "protocol": "teltonika",
        "serverTime": "2026-05-11T08:00:00.000+00:00",
        "deviceTime": "2026-05-11T07:59:58.000+00:00",
        "fixTime": "2026-05-11T07:59:58.000+00:00",
        "valid": True,
        "latitude": 29.87,
        "longitude": 121.54,
        "altitude": 12.0,
        "speed": 34.0,
        "course": 271.0,
        "accuracy": 0.0,
    },
    "device": {"id": 7, "name": "浙B12345", "uniqueId": "352093081452251", "status": "online"},
}


def test_traccar_speaks_in_knots_and_keeps_its_attributes() -> None:
    fix = one("traccar", TRACCAR)
    assert (fix.fix_time, fix.lat, fix.lon, fix.heading_deg) == (AT, 29.87, 121.54, 271)
    assert fix.speed_kmh == pytest.approx(62.968)
    assert sensors_of(fix) == {
        "battery_pct": 81,
        "ignition": True,
        "satellites": 11,
        "odometer_m": 120_345,
        "temperature_c": -18.5,
        "door_open": False,
        "alarm": "sos",
    }


def test_a_position_that_traccar_calls_invalid_is_kept_and_not_believed() -> None:
    fix = one("traccar", {"position": {**TRACCAR["position"], "valid": False}})
    assert fix.flags == FixFlag.NO_FIX
    assert fix.doubtful


FORM = (
    "id=truck-0001&timestamp=1778486398&lat=29.87&lon=121.54&speed=34&bearing=271&altitude=12&accuracy=8"
    "&batt=81&charge=true"
)


def test_the_form_of_osmand_and_traccar_client() -> None:
    fix = one("osmand", FORM)
    assert fix.fix_time == AT
    assert (fix.speed_kmh, fix.heading_deg, fix.altitude_m, fix.accuracy_m) == (
        pytest.approx(62.968),
        271,
        12,
        8,
    )
    assert sensors_of(fix) == {"battery_pct": 81, "charging": True}


@pytest.mark.parametrize("stamp", ["1778486398000", "2026-05-11T07:59:58Z", "2026-05-11T15:59:58%2B08:00"])
def test_the_forms_time_may_be_written_three_ways(stamp: str) -> None:
    assert one("osmand", FORM.replace("1778486398", stamp)).fix_time == AT


def test_the_json_of_traccar_client_speaks_in_metres_a_second() -> None:
    report = {
        "location": {
            "timestamp": "2026-05-11T07:59:58.000Z",
            "coords": {
                "latitude": 29.87,
                "longitude": 121.54,
                "accuracy": 4.8,
                "speed": 10,
                "heading": -1,
                "altitude": 12.5,
            },
            "is_moving": True,
            "odometer": 55_000.5,
            "event": "motionchange",
            "battery": {"level": 0.5, "is_charging": False},
            "activity": {"type": "in_vehicle"},
            "extras": {},
        },
        "device_id": "truck-0001",
    }
    fix = one("osmand", report)
    assert (fix.fix_time, fix.speed_kmh, fix.heading_deg) == (AT, 36, None)
    assert sensors_of(fix) == {
        "battery_pct": 50,
        "charging": False,
        "motion": True,
        "odometer_m": 55_000.5,
        "event": "motionchange",
    }


BRIDGED = {
    "header": {"msg_id": 512, "phone": "013912345678", "msg_sn": 126},
    "body": {
        "alarm": 1 << 1 | 1 << 23,
        "status": 0b11 | 1 << 13 | 3 << 8,
        "latitude": 29_870_000,
        "longitude": 121_540_000,
        "altitude": 12,
        "speed": 630,
        "direction": 271,
        "time": "260511155958",
        "extra": {"1": 1_203_450, "2": 1055, "48": 31, "49": 11},
    },
}


def test_jt808_counts_in_micro_degrees_tenths_and_beijing_time() -> None:
    fix = one("jt808", BRIDGED)
    assert (fix.fix_time, fix.lat, fix.lon, fix.speed_kmh) == (AT, 29.87, 121.54, 63)
    assert sensors_of(fix) == {
        "alarm": "overspeed,off_route",
        "door_open": True,
        "ignition": True,
        "loaded": True,
        "odometer_m": 120_345_000,
        "fuel_l": 105.5,
        "signal_pct": 100,
        "satellites": 11,
    }


def with_status(status: int) -> dict[str, object]:
    return {**BRIDGED, "body": {**BRIDGED["body"], "status": status}}


def test_jt808_status_says_hemisphere_validity_and_datum() -> None:
    for status, expected in (
        (0b0110, (-29.87, 121.54)),
        (0b1010, (29.87, -121.54)),
        (0b1110, (-29.87, -121.54)),
    ):
        fix = one("jt808", with_status(status))
        assert (fix.lat, fix.lon) == expected
    assert one("jt808", with_status(0b0001)).flags == FixFlag.NO_FIX
    lat, lon = from_wgs84(29.87, 121.54, Crs.GCJ02)
    body = {
        **BRIDGED["body"],
        "status": 0b100011,
        "latitude": round(lat * 1e6),
        "longitude": round(lon * 1e6),
    }
    shifted = one("jt808", {**BRIDGED, "body": body})
    assert (shifted.lat, shifted.lon) == (pytest.approx(29.87, abs=2e-6), pytest.approx(121.54, abs=2e-6))


def test_a_jt808_batch_keeps_its_good_positions() -> None:
    items = [BRIDGED["body"], {**BRIDGED["body"], "latitude": 91_000_000}]
    decoded = decode(
        message("jt808", {"header": {"msg_id": 1796, "phone": "1", "msg_sn": 1}, "body": {"items": items}})
    )
    assert len(decoded.fixes) == 1
    assert [(bad.index, str(bad.error)) for bad in decoded.bad] == [(1, "latitude 91 is outside -90..90")]


CTWING = {
    "msgid": 512,
    "latitude": 29_870_000,
    "longitude": 121_540_000,
    "elevation": 12,
    "speed": 630,
    "direction": 271,
    "time": "260511155958",
}


def test_ctwing_pushes_a_position_and_a_batch_as_a_string() -> None:
    assert (one("jt808", CTWING).speed_kmh, one("jt808", CTWING).altitude_m) == (63, 12)
    second = {**CTWING, "time": "260511155959"}
    batch = decode(
        message("jt808", {"msgid": 1796, "itemcount": 2, "datalist": json.dumps([CTWING, second])})
    )
    assert [fix.fix_time for fix in batch.fixes] == [AT, AT + timedelta(seconds=1)]
    with pytest.raises(DecodeError, match="datalist must be a JSON string"):
        decode(message("jt808", {"msgid": 1796, "datalist": [CTWING]}))


def test_the_gateways_wrapper_is_numbered_for_the_ack() -> None:
    decoded = decode(message("jt808", {"epoch": "e", "seq": 4, "base": 2, "jt808": [BRIDGED, BRIDGED]}))
    assert decoded.envelope is not None
    assert (decoded.envelope.seqs, decoded.envelope.base, len(decoded.fixes)) == ((4,), 2, 2)


def test_a_numbered_report_that_cannot_be_read_is_refused_and_its_number_still_acked() -> None:
    decoded = decode(message("jt808", {"epoch": "e", "seq": 4, "base": 2, "jt808": [7]}))
    assert [str(bad.error) for bad in decoded.bad] == ["a report must be an object, not int"]
    assert decoded.envelope is not None and decoded.envelope.seqs == (4,)


TELTONIKA = {
    "state": {
        "reported": {
            "ts": 1778486398000,
            "pr": 0,
            "latlng": "29.870000,121.540000",
            "alt": "12",
            "ang": "271",
            "sat": "11",
            "sp": "63",
            "evt": "0",
            "239": 1,
            "240": 1,
            "66": 27_890,
            "67": 4034,
            "113": 81,
            "16": 120_345,
            "72": -185,
            "73": 3000,
            "21": 4,
        }
    }
}


def test_teltonika_names_its_values_by_avl_id() -> None:
    fix = one("teltonika", TELTONIKA)
    assert (fix.fix_time, fix.lat, fix.lon, fix.speed_kmh, fix.heading_deg) == (AT, 29.87, 121.54, 63, 271)
    assert sensors_of(fix) == {
        "battery_pct": 81,
        "battery_v": 4.034,
        "power_v": 27.89,
        "ignition": True,
        "motion": True,
        "odometer_m": 120_345,
        "satellites": 11,
        "signal_pct": 80,
        "temperature_c": -18.5,  # the second probe says that it is broken
    }


def test_teltonika_without_a_position_is_taken_quietly() -> None:
    assert decode(message("teltonika", {"state": {"reported": {"239": 0}}})).fixes == ()


FLESPI = {
    "ident": "352093081452251",
    "timestamp": 1778486398.25,
    "position.latitude": 29.87,
    "position.longitude": 121.54,
    "position.speed": 63,
    "position.direction": 271,
    "position.altitude": 12,
    "position.satellites": 11,
    "battery.level": 81,
    "engine.ignition.status": True,
    "vehicle.mileage": 120.345,
}


def test_flespi_is_flat_and_may_come_as_an_array() -> None:
    fix = one("flespi", FLESPI)
    assert fix.fix_time == AT + timedelta(milliseconds=250)
    assert (fix.speed_kmh, sensors_of(fix)["odometer_m"]) == (63, 120_345)
    without = {"ident": "1", "timestamp": 1, "battery.level": 3}
    assert len(decode(message("flespi", [FLESPI, without])).fixes) == 1


def feature(**changes: object) -> dict[str, object]:
    properties = {"time": "2026-05-11T07:59:58Z", "spd": 63, "sensors": {"temperature_c": 4}, **changes}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [121.54, 29.87, 12]},
        "properties": properties,
    }


def test_geojson_puts_the_longitude_first() -> None:
    fix = one("geojson", feature())
    assert (fix.lat, fix.lon, fix.altitude_m, fix.speed_kmh) == (29.87, 121.54, 12, 63)
    assert sensors_of(fix) == {"temperature_c": 4}
    decoded = decode(
        message("geojson", {"type": "FeatureCollection", "features": [feature(), feature(time=None)]})
    )
    assert (len(decoded.fixes), decoded.bad[0].index) == (1, 1)


def sentence(body: str) -> str:
    return f"${body}*{reduce(xor, body.encode(), 0):02X}"


RMC = "GPRMC,075958.00,A,2952.2000,N,12132.4000,E,34.0,271.0,110526,,,A"
GGA = "GPGGA,075958.00,2952.2000,N,12132.4000,E,1,11,0.9,12.0,M,8.0,M,,"


def test_nmea_joins_what_two_sentences_say_of_one_second() -> None:
    fix = one("nmea", f"{sentence(RMC)}\r\n{sentence(GGA)}\r\n{sentence('GPGSV,1,1,00')}\r\n")
    assert (fix.fix_time, fix.lat, fix.lon) == (AT, pytest.approx(29.87), pytest.approx(121.54))
    assert (fix.speed_kmh, fix.heading_deg, fix.altitude_m) == (pytest.approx(62.968), 271, 12)
    assert sensors_of(fix) == {"hdop": 0.9, "satellites": 11}


def test_a_known_sentence_of_the_standard() -> None:
    raw = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
    decoded = decode(
        message("nmea", raw)
    )  # the year 94 is 2094 here: a receiver of that age is not on a truck
    assert decoded.fixes[0].lat == pytest.approx(48.1173)


@pytest.mark.parametrize(
    ("arrived", "clock", "day"),
    [
        ("2026-05-11T00:00:10", "235958", 10),
        ("2026-05-11T23:59:58", "000001", 12),
        ("2026-05-11T08:00:00", "075958", 11),
    ],
)
def test_a_gga_alone_belongs_to_the_nearest_day(arrived: str, clock: str, day: int) -> None:
    raw = sentence(GGA.replace("075958.00", clock)).encode()
    received = datetime.fromisoformat(arrived).replace(tzinfo=UTC)
    (fix,) = decode(Message("t", "truck-0001", "nmea", raw, received)).fixes
    assert fix.fix_time.day == day


def test_nmea_without_a_fix_is_kept_and_not_believed() -> None:
    assert one("nmea", sentence(RMC.replace(",A,2952", ",V,2952"))).flags == FixFlag.NO_FIX


@pytest.mark.parametrize(
    ("kind", "payload", "rule"),
    [
        ("nmea", sentence(RMC)[:-2] + "00", "checksum 00 of"),
        ("nmea", "$GPRMC,075958", "is not a sentence"),
        ("nmea", sentence(RMC.replace("2952.2000", "2972.2000")), "minutes stay below 60"),
        ("nmea", sentence("GPRMC,075958,V,,,,,,,110526,,,N"), "no fix yet"),
        ("nmea", sentence(RMC.replace("110526", "310226")), "date 310226 is none"),
        ("geojson", {**feature(), "geometry": {"type": "LineString"}}, "geometry must be a Point"),
        ("geojson", feature(crs="utm"), "crs 'utm' is none of"),
        ("geojson", feature(sensors={"temperature_c": 400}), "temperature_c 400 is outside -100..200"),
        ("flespi", {**FLESPI, "position.latitude": "29"}, "position.latitude must be a number"),
        ("jt808", {**BRIDGED, "header": {"msg_id": 2}}, "neither 512"),
    ],
)
def test_a_bad_report_is_refused_with_its_reason(kind: str, payload: object, rule: str) -> None:
    try:
        decoded = decode(message(kind, payload))
        reasons = [str(bad.error) for bad in decoded.bad]
        assert decoded.fixes == ()
    except DecodeError as error:
        reasons = [str(error)]
    assert any(rule in reason for reason in reasons), reasons


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (FORM.replace("lat=29.87", "lat=north"), "lat must be a number, not 'north'"),
        (FORM.replace("lat=29.87", "lat=2_9"), "lat must be a number"),
        (FORM.replace("lat=29.87&", ""), "lat is missing"),
        (FORM.replace("batt=81", "batt=181"), "battery_pct 181 is outside 0..100"),
        (FORM.replace("timestamp=1778486398", "timestamp=nan"), "timestamp: time 'nan'"),
        (FORM.replace("charge=true", "charge=perhaps"), "charge must be true or false"),
    ],
)
def test_a_wrong_form_is_refused_with_its_reason(payload: str, rule: str) -> None:
    with pytest.raises(BadFix, match=rule):
        decode(message("osmand", payload))


POSITIONS = {
    "fixes": {"t": 1778486398, "lat": 0.0, "lon": 0.0},
    "osmand": None,
    "geojson": None,
}


@given(
    st.floats(2, 54, allow_nan=False),
    st.floats(74, 134, allow_nan=False),
    st.sampled_from([Crs.GCJ02, Crs.BD09]),
    st.sampled_from(["fixes", "osmand", "geojson"]),
)
def test_the_kind_may_say_the_datum(lat: float, lon: float, crs: Crs, kind: str) -> None:
    there_lat, there_lon = from_wgs84(lat, lon, crs)
    payload: object = {
        "fixes": {"t": 1778486398, "lat": there_lat, "lon": there_lon},
        "osmand": f"timestamp=1778486398&lat={there_lat:.12f}&lon={there_lon:.12f}",
        "geojson": {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [there_lon, there_lat]},
            "properties": {"time": 1778486398},
        },
    }[kind]
    fix = one(f"{kind}-{crs.value}", payload)
    assert (fix.lat, fix.lon) == (pytest.approx(lat, abs=1e-7), pytest.approx(lon, abs=1e-7))


def test_every_format_has_a_kind_for_each_datum() -> None:
    assert set(DECODERS) == {f"{kind}{end}" for kind in FORMATS for end in ("", "-gcj02", "-bd09")}


@given(st.sampled_from(sorted(DECODERS)), st.binary(max_size=80))
def test_no_bytes_make_a_decoder_raise_anything_else(kind: str, payload: bytes) -> None:
    try:
        decode(message(kind, payload))
    except DecodeError as error:
        assert str(error)
