"""The hostname at the end of a "++" EPC (GS1 Tag Data Standard 2.3, section 14.5.16).

One bit says how it is written, six bits how many units: characters in URN Code 40 (0), or 7-bit units (1), where
common beginnings and endings are one unit (table A) or two (tables B1 to B4). Errors: MalformedEpc.
"""

from __future__ import annotations

import re

from haoyun.rfid_ingest.epc.bits import Bits, BitWriter
from haoyun.rfid_ingest.epc.compact import CODE_40, put_code_40, read_code_40
from haoyun.rfid_ingest.errors import MalformedEpc

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?::[0-9]{1,5})?\Z")
_MOST_UNITS = 63
_CODE_40, _UNITS = 0, 1
_ONE_UNIT = {
    0x1E: "qr.", 0x1F: "www.", 0x20: "id.", 0x5B: ".com", 0x5C: ".org", 0x5D: ".net", 0x5E: ".int",
    0x60: ".edu", 0x7B: ".gov", 0x7C: ".mil", 0x7D: ".biz", 0x7E: ".eco", 0x7F: ".med",
}  # fmt: skip
_TWO_UNITS = (
    """ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt bw by
    bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj
    fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir
    is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li""",
    """lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni
    nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk
    sl sm sn sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug us uy uz va vc ve vg
    vi vn vu wf ws ye yt za zm zw""",
    """com.au net.au org.au co.at com.bd co.bd com.br net.br co.nz com.ng com.pk co.in com.in co.il co.jp co.za
    co.kr com.es com.lk co.th co.tt com.tt com.tr biz.tr com.ua co.uk co.zm com.zm com.cn org.cn net.cn
    gov.cn""",
    "tech",
)
_SHORT = {
    **{text: (code,) for code, text in _ONE_UNIT.items()},
    **{
        f".{word}": (table, row)
        for table, words in enumerate(_TWO_UNITS)
        for row, word in enumerate(words.split())
    },
}
_LONG = {units: text for text, units in _SHORT.items()}
_BY_LENGTH = sorted(_SHORT, key=len, reverse=True)

Units = tuple[int, ...]  # first 0 (URN Code 40, then nothing) or 1 (then the 7-bit units)


def read_hostname(bits: Bits) -> tuple[str, Units]:
    """The hostname and how it was written. Raises MalformedEpc."""
    way, length = bits.take(1), bits.take(6)
    if way == _CODE_40:
        return _check(read_code_40(bits, length)), (_CODE_40,)
    units = tuple(bits.take(7) for _ in range(length))
    return _check(_spell(units)), (_UNITS, *units)


def put_hostname(out: BitWriter, hostname: str, written: Units = ()) -> None:
    """Append the hostname as it was written, or in the shortest way. Raises MalformedEpc."""
    way, *units = written or _units_of(_check(hostname))
    count = len(hostname) if way == _CODE_40 else len(units)
    if count > _MOST_UNITS:
        raise MalformedEpc(f"a hostname on a tag has at most {_MOST_UNITS} units; this one has {count}")
    out.put(way, 1)
    out.put(count, 6)
    if way == _CODE_40:
        put_code_40(out, hostname)
    for unit in units:
        out.put(unit, 7)


def _units_of(hostname: str) -> Units:
    if all(character in CODE_40 for character in hostname):
        return (_CODE_40,)
    units: list[int] = [_UNITS]
    at = 0
    while at < len(hostname):
        short = next((s for s in _BY_LENGTH if hostname.startswith(s, at)), None)
        units += _SHORT[short] if short else (ord(hostname[at]),)
        at += len(short) if short else 1
    return tuple(units)


def _spell(units: Units) -> str:
    text, at = "", 0
    while at < len(units):
        width = 2 if units[at] < len(_TWO_UNITS) else 1
        unit = units[at : at + width]
        if width == 2 and unit not in _LONG:
            raise MalformedEpc(f"{unit} stands for no ending of a hostname")
        text += _LONG.get(unit) or chr(unit[0])
        at += width
    return text


def _check(hostname: str) -> str:
    if not _NAME.match(hostname):
        raise MalformedEpc(f"{hostname[:63]!r} is no hostname")
    return hostname
