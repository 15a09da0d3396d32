"""JT/T 808 on the line: frames and bodies both ways, parts, and a session's answers, all without I/O."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.errors import BadFrame
from haoyun.tracking.jt808.frame import (
    MAX_BODY,
    MAX_ESCAPED,
    Frame,
    Part,
    Splitter,
    decode_frame,
    encode_frame,
)
from haoyun.tracking.jt808.messages import (
    Answer,
    Authentication,
    MessageId,
    Position,
    Registered,
    Registration,
    Result,
    decode_answer,
    decode_authentication,
    decode_batch,
    decode_position,
    decode_registration,
    decode_registration_answer,
    encode_answer,
    encode_authentication,
    encode_batch,
    encode_position,
    encode_registration,
)
from haoyun.tracking.jt808.parts import MAX_OPEN, MAX_PARTS, Assembler
from haoyun.tracking.jt808.session import (
    IDLE_S,
    MAX_FAULTS,
    SIGN_IN_WITHIN_S,
    Authenticate,
    Close,
    Effect,
    Publish,
    Register,
    Send,
    Session,
    State,
)

PHONE = "013912345678"


def digits(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


def u(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    version = draw(st.none() | u(8))
    total = draw(st.integers(1, 0xFFFF))
    part = draw(st.none() | st.builds(Part, st.just(total), st.integers(1, total)))
    phone = draw(digits(12 if version is None else 20))
    return Frame(
        draw(u(16)), phone, draw(u(16)), draw(st.binary(max_size=MAX_BODY)), version, part, draw(u(3))
    )


items = st.lists(st.tuples(u(8), st.binary(max_size=255)), max_size=5).map(tuple)
positions = st.builds(Position, u(32), u(32), u(32), u(32), u(16), u(16), u(16), digits(12), items)


@given(st.lists(frames(), max_size=5), st.binary(max_size=20), st.integers(1, 50))
def test_frames_survive_the_line_in_any_pieces(sent: list[Frame], noise: bytes, step: int) -> None:
    line = noise.replace(b"\x7e", b"") + b"".join(map(encode_frame, sent))
    splitter = Splitter()
    heard = [raw for at in range(0, len(line), step) for raw in splitter.feed(line[at : at + step])]
    assert [decode_frame(raw) for raw in heard] == sent


@given(st.binary(max_size=120))
def test_no_bytes_make_the_frame_decoder_raise_anything_else(raw: bytes) -> None:
    try:
        decode_frame(raw)
    except BadFrame as error:
        assert str(error)


@given(frames(), st.data())
def test_a_flipped_bit_is_found(frame: Frame, data: st.DataObject) -> None:
    from haoyun.tracking.jt808.frame import escaped, unescaped

    raw = bytearray(unescaped(encode_frame(frame)[1:-1]))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadFrame, match="checksum"):
        decode_frame(escaped(bytes(raw)))


def test_an_endless_frame_is_refused() -> None:
    splitter = Splitter()
    splitter.feed(b"\x7e")
    with pytest.raises(BadFrame, match="without an end"):
        splitter.feed(b"x" * (MAX_ESCAPED + 1))


def test_messages_as_they_come_over_the_wire() -> None:
    (beat,) = Splitter().feed(bytes.fromhex("7e000200000139123456780001337e"))
    assert decode_frame(beat) == Frame(MessageId.HEARTBEAT, PHONE, 1)
    said = Position(
        alarm=2,
        status=3,
        latitude=29_870_000,
        longitude=121_540_000,
        altitude=12,
        speed=630,
        direction=271,
        time="260511155958",
        extra=((0x01, b"\x00\x12\x5c\xfa"), (0x30, b"\x1f"), (0x31, b"\x0b"), (0x7E, b"\x7d")),
    )
    body = "000000020000000301c7c7b0073e8da0000c0276010f260511155958010400125cfa30011f31010b7d02017d01"
    for head, check in (("0200002b0139123456780007", "4c"), ("0200402b01000000000139123456780007", "0d")):
        (line,) = Splitter().feed(bytes.fromhex(f"7e{head}{body}{check}7e"))
        frame = decode_frame(line)
        assert (frame.message_id, frame.phone.lstrip("0"), frame.serial) == (0x0200, "13912345678", 7)
        assert decode_position(frame.body) == said


def test_the_standards_own_example_of_escaping() -> None:
    from haoyun.tracking.jt808.frame import escaped, unescaped

    raw = bytes.fromhex("307e087d55")  # JT/T 808, 4.4.2
    assert escaped(raw) == bytes.fromhex("307d02087d0155")
    assert unescaped(escaped(raw)) == raw


@given(positions)
def test_a_position_survives_the_line(position: Position) -> None:
    assert decode_position(encode_position(position)) == position


@given(st.lists(positions, min_size=1, max_size=4))
def test_a_batch_survives_the_line(batch: list[Position]) -> None:
    assert decode_batch(encode_batch(batch)) == batch


text = st.text(st.characters(codec="gbk", exclude_characters="\0 "), max_size=3)


@given(
    st.builds(
        Registration, u(16), u(16), text.filter(lambda t: len(t.encode("gbk")) <= 5), text, text, u(8), text
    ),
    st.booleans(),
)
def test_a_registration_survives_the_line(registration: Registration, is_2019: bool) -> None:
    assert decode_registration(encode_registration(registration, is_2019), is_2019) == registration


def test_an_authentication_of_either_edition() -> None:
    assert decode_authentication(b"code", is_2019=False) == Authentication("code")
    full = Authentication("code", "352093081452251", "1.0")
    assert decode_authentication(encode_authentication(full, is_2019=True), is_2019=True) == full


@given(st.binary(max_size=60), st.booleans())
def test_no_body_makes_a_decoder_raise_anything_else(body: bytes, is_2019: bool) -> None:
    for decoder in (decode_position, decode_batch, decode_answer):
        _only_bad_frame(decoder, body)
    for edition_decoder in (decode_registration, decode_authentication):
        _only_bad_frame(edition_decoder, body, is_2019)


def _only_bad_frame(decoder, *arguments) -> None:  # type: ignore[no-untyped-def]
    try:
        decoder(*arguments)
    except BadFrame as error:
        assert str(error)


@given(st.permutations(range(1, 6)), st.integers(0, 0xFFFF))
def test_parts_are_joined_in_any_order(order: list[int], first: int) -> None:
    assembler = Assembler()
    wholes = [
        assembler.take(Frame(0x0704, PHONE, (first + n) & 0xFFFF, bytes([n]), None, Part(5, n)), 0.0)
        for n in order
    ]
    assert wholes[:-1] == [None] * 4
    assert wholes[-1] is not None
    assert wholes[-1].body == bytes([1, 2, 3, 4, 5])
    assert len(wholes[-1].serials) == 5


def test_halves_are_bounded_in_number_size_and_time() -> None:
    assembler = Assembler()
    for n in range(20):
        assert assembler.take(Frame(0x0704, PHONE, 100 * n, b"", None, Part(2, 1)), 0.0) is None
    assert len(assembler._open) == MAX_OPEN
    with pytest.raises(BadFrame, match="at most 64"):
        assembler.take(Frame(0x0704, PHONE, 1, b"", None, Part(MAX_PARTS + 1, 1)), 0.0)
    assembler.take(Frame(0x0704, PHONE, 5000, b"", None, Part(2, 1)), 1000.0)
    assert len(assembler._open) == 1


# --- sessions

POSITION = Position(0, 3, 29_870_000, 121_540_000, 12, 630, 271, "260511155958")


def frame(message_id: int, body: bytes = b"", serial: int = 1, phone: str = PHONE) -> Frame:
    return Frame(message_id, phone, serial, body)


def answers(effects: list[Effect]) -> list[Answer]:
    sent = [decode_frame(effect.data[1:-1]) for effect in effects if isinstance(effect, Send)]
    return [decode_answer(one.body) for one in sent if one.message_id == MessageId.ANSWER]


def closed(effects: list[Effect]) -> list[str]:
    return [effect.reason for effect in effects if isinstance(effect, Close)]


def signed_in(**more: object) -> Session:
    session = Session("e1", 0.0, **more)  # type: ignore[arg-type]
    assert session.heard(frame(MessageId.AUTHENTICATION, b"code"), 0.0) == [
        Authenticate("13912345678", Authentication("code"))
    ]
    assert answers(session.authenticated("truck-0001")) == [Answer(1, 0x0102, Result.SUCCESS)]
    return session


def position(serial: int) -> Frame:
    return frame(MessageId.POSITION, encode_position(POSITION), serial)


def test_a_registration_is_answered_with_the_code_of_the_registry() -> None:
    session = Session("e1", 0.0)
    registration = Registration(33, 200, "HAOYN", "SIM-1", "0000001", 2, "浙B12345")
    body = encode_registration(registration, is_2019=False)
    assert session.heard(frame(MessageId.REGISTRATION, body), 0.0) == [Register("13912345678", registration)]
    (sent,) = session.registered(Registered.SUCCESS, "the-code")
    assert isinstance(sent, Send)
    reply = decode_frame(sent.data[1:-1])
    assert reply.message_id == MessageId.REGISTRATION_ANSWER
    assert decode_registration_answer(reply.body).code == "the-code"
    assert session.state is State.NEW


def test_a_refused_registration_hangs_up() -> None:
    session = Session("e1", 0.0)
    registration = Registration(33, 200, "HAOYN", "SIM-1", "0000001", 2, "")
    session.heard(frame(MessageId.REGISTRATION, encode_registration(registration, False)), 0.0)
    effects = session.registered(Registered.NO_TERMINAL)
    assert closed(effects) == ["registration: NO_TERMINAL"]
    assert session.state is State.CLOSED


def test_a_wrong_code_is_answered_and_hung_up_on() -> None:
    session = Session("e1", 0.0)
    session.heard(frame(MessageId.AUTHENTICATION, b"guess"), 0.0)
    effects = session.authenticated(None)
    assert answers(effects) == [Answer(1, 0x0102, Result.FAILURE)]
    assert closed(effects) == ["authentication refused"]


def test_nothing_is_published_before_the_authentication() -> None:
    session = Session("e1", 0.0)
    effects = session.heard(position(1), 0.0)
    assert answers(effects) == [Answer(1, 0x0200, Result.FAILURE)]
    assert not any(isinstance(effect, Publish) for effect in effects)


def test_a_position_is_answered_when_the_platform_has_stored_it_and_not_before() -> None:
    session = signed_in()
    (published,) = session.heard(position(7), 0.0)
    assert isinstance(published, Publish)
    payload = json.loads(published.payload)
    assert (payload["epoch"], payload["seq"], payload["base"]) == ("e1", 1, 1)
    assert session.stored("another", 1) == []
    assert answers(session.stored("e1", 1)) == [Answer(7, 0x0200, Result.SUCCESS)]
    assert session.stored("e1", 1) == []


def test_an_ack_answers_everything_up_to_it() -> None:
    session = signed_in()
    for serial in (7, 8, 9):
        session.heard(position(serial), 0.0)
    assert [one.serial for one in answers(session.stored("e1", 2))] == [7, 8]
    (published,) = session.heard(position(10), 0.0)
    assert isinstance(published, Publish)
    assert json.loads(published.payload)["base"] == 3
    assert [one.serial for one in answers(session.stored("e1", 4))] == [9, 10]


def test_a_repeated_message_keeps_its_number() -> None:
    session = signed_in()
    first, again = (json.loads(session.heard(position(7), 0.0)[0].payload) for _ in range(2))  # type: ignore[union-attr]
    assert first["seq"] == again["seq"] == 1
    assert [one.serial for one in answers(session.stored("e1", 1))] == [7]


def test_a_batch_in_parts_is_one_report_and_every_part_is_answered() -> None:
    session = signed_in()
    body = encode_batch([POSITION] * 60)
    pieces = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)]
    effects: list[Effect] = []
    for number, piece in enumerate(pieces, 1):
        part = Part(len(pieces), number)
        effects += session.heard(Frame(MessageId.BATCH, PHONE, 20 + number, piece, None, part), 0.0)
    (published,) = effects
    assert isinstance(published, Publish)
    report = json.loads(published.payload)["jt808"][0]
    assert len(report["body"]["items"]) == 60
    assert [one.serial for one in answers(session.stored("e1", 1))] == [21, 22]


def test_a_full_window_stops_the_reading_until_the_platform_answers() -> None:
    session = signed_in(window=3)
    for serial in range(3):
        assert not session.is_full
        session.heard(position(serial), 0.0)
    assert session.is_full
    session.stored("e1", 1)
    assert not session.is_full


def test_an_unknown_message_is_answered_not_supported() -> None:
    session = signed_in()
    assert answers(session.heard(frame(0x0900, b"x"), 0.0)) == [Answer(1, 0x0900, Result.NOT_SUPPORTED)]
    encrypted = Frame(MessageId.POSITION, PHONE, 3, b"x", encryption=1)
    assert answers(session.heard(encrypted, 0.0)) == [Answer(3, 0x0200, Result.NOT_SUPPORTED)]


def test_a_broken_position_is_answered_wrong_and_kept_for_the_dead_letters() -> None:
    session = signed_in()
    effects = session.heard(frame(MessageId.POSITION, b"\x01\x02"), 0.0)
    assert answers(effects) == [Answer(1, 0x0200, Result.WRONG)]
    (published,) = [effect for effect in effects if isinstance(effect, Publish)]
    assert json.loads(published.payload)["raw"] == "0102"


def test_heartbeat_logout_and_answers() -> None:
    session = signed_in()
    assert answers(session.heard(frame(MessageId.HEARTBEAT), 0.0))[0].result == Result.SUCCESS
    assert session.heard(frame(MessageId.TERMINAL_ANSWER, encode_answer(Answer(1, 2, 0))), 0.0) == []
    assert closed(session.heard(frame(MessageId.LOGOUT), 0.0)) == ["logged out"]


def test_one_line_speaks_for_one_terminal() -> None:
    session = signed_in()
    assert closed(session.heard(frame(MessageId.HEARTBEAT, phone="013900000000"), 0.0)) != []


def test_silence_and_dawdling_end_a_session() -> None:
    assert closed(Session("e1", 0.0).tick(SIGN_IN_WITHIN_S + 1)) == ["no authentication in time"]
    session = signed_in()
    assert session.tick(SIGN_IN_WITHIN_S + 1) == []
    assert closed(session.tick(IDLE_S + 1)) == ["silent for too long"]
    assert session.tick(IDLE_S + 2) == []


def test_too_many_faults_end_a_session() -> None:
    session = signed_in()
    assert [closed(session.broken("x")) for _ in range(MAX_FAULTS)] == [[]] * MAX_FAULTS
    assert closed(session.broken("x"))[0].startswith("11 faults")


@given(st.lists(st.sampled_from(["position", "again", "ack", "beat", "nonsense"]), max_size=40))
def test_no_position_is_answered_before_it_is_stored_and_each_one_after(script: list[str]) -> None:
    session, serial, stored, published, answered = signed_in(window=1000), 0, 0, {}, set()
    for step in script:
        if step in ("position", "again"):
            serial += step == "position"
            effects = session.heard(position(serial), 0.0)
            seq = json.loads(effects[0].payload)["seq"]  # type: ignore[union-attr]
            published.setdefault(serial, seq) if seq > stored else None
        elif step == "ack":
            stored = max(published.values(), default=0)
            effects = session.stored("e1", stored)
        else:
            effects = session.heard(
                frame(MessageId.HEARTBEAT if step == "beat" else 0x0900, serial=60_000), 0.0
            )
        for one in answers(effects):
            if one.message_id == MessageId.POSITION:
                assert published[one.serial] <= stored
                answered.add(one.serial)
    session.stored("e1", 10**6)
    assert session.unstored == 0
