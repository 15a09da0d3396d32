"""What the demonstration's world is made of: invented companies, goods and kinds of truck.

No name below is meant to be an existing company. Figures are of the size that the trade knows: a 9.6 m rigid
truck takes about 18 t here on three axles, a 13 m semi-trailer 30 t; prices are fen for a kilometre.
"""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.platform.market.values import Body


@dataclass(frozen=True, slots=True)
class Goods:
    """Something to be moved, by the pallet; `bodies` are those that may carry it."""

    name_zh: str
    name_en: str
    bodies: tuple[Body, ...]
    pallet_kg: int
    pallet_dm3: int
    temperature_c: tuple[int, int] | None = None
    dg_class: str | None = None

    @property
    def name(self) -> str:
        """As the shipper writes it: both languages."""
        return f"{self.name_zh} {self.name_en}"


@dataclass(frozen=True, slots=True)
class TruckKind:
    """A kind of truck, how common it is (`share`) and what a kilometre of it costs."""

    body: Body
    payload_kg: int
    volume_dm3: int
    length_cm: int
    cost_per_km_fen: int
    share: int
    temperature_c: tuple[int, int] | None = None
    certificates: tuple[str, ...] = ()

    @property
    def pallets(self) -> int:
        """Places for pallets of 1.2 m x 1.0 m, two abreast: half a metre of floor each, rounded down."""
        return self.length_cm // PALLET_LDM_CM


PALLET_LDM_CM = 50
PRICE_PER_KM_FEN = {
    Body.BOX: 660,
    Body.CURTAIN: 640,
    Body.REEFER: 860,
    Body.FLATBED: 610,
    Body.STAKE: 580,
    Body.TANK: 900,
    Body.CONTAINER: 690,
}
LEAST_PRICE_FEN = 30_000  # nobody sends a truck for less than 300 yuan

SHIPPERS: tuple[tuple[str, str], ...] = (
    ("云栖电器制造有限公司", "Yunqi Appliance Works"),
    ("江海新材料股份有限公司", "Jianghai New Materials"),
    ("禾穗粮油集团", "Hesui Grain & Oil"),
    ("青屿乳业有限公司", "Qingyu Dairy"),
    ("岭秀家居有限公司", "Lingxiu Home Furnishing"),
    ("远瞻光伏科技有限公司", "Yuanzhan Solar"),
    ("北辰汽车零部件有限公司", "Beichen Auto Parts"),
    ("果语鲜生农业有限公司", "Guoyu Fresh Produce"),
    ("锦川造纸有限公司", "Jinchuan Paper"),
    ("恒砺钢构工程有限公司", "Hengli Steel Structures"),
    ("海棠日化有限公司", "Haitang Household Care"),
    ("知微电子有限公司", "Zhiwei Electronics"),
)
CARRIERS: tuple[tuple[str, str], ...] = (
    ("顺途干线运输有限公司", "Shuntu Linehaul"),
    ("九州通驿物流有限公司", "Jiuzhou Tongyi Logistics"),
    ("川流冷链运输有限公司", "Chuanliu Cold Chain"),
    ("长亭货运有限公司", "Changting Freight"),
    ("天衡大件运输有限公司", "Tianheng Heavy Haul"),
    ("沿江快运有限公司", "Yanjiang Express"),
    ("北斗星车队", "Beidouxing Fleet"),
    ("秦岭运输合作社", "Qinling Haulage Cooperative"),
    ("闽越物流有限公司", "Minyue Logistics"),
    ("万里行汽车运输有限公司", "Wanlixing Road Transport"),
    ("同舟供应链有限公司", "Tongzhou Supply Chain"),
    ("齐鲁顺发运输有限公司", "Qilu Shunfa Transport"),
    ("湘江货运有限公司", "Xiangjiang Freight"),
    ("塞上驼铃运输有限公司", "Saishang Camel Bell Transport"),
)
NEWCOMER = ("晨帆物流有限公司", "Chenfan Logistics")

DRY = (Body.BOX, Body.CURTAIN)
OPEN = (Body.FLATBED, Body.STAKE)
GOODS: tuple[Goods, ...] = (
    Goods("家用空调", "air conditioners", DRY, 320, 1_900),
    Goods("洗衣机", "washing machines", DRY, 400, 1_800),
    Goods("光伏组件", "solar panels", (*DRY, Body.FLATBED), 780, 1_700),
    Goods("汽车座椅", "car seats", DRY, 240, 1_900),
    Goods("变速箱壳体", "gearbox housings", (*DRY, *OPEN), 880, 1_100),
    Goods("瓶装食用油", "bottled cooking oil", (*DRY, Body.STAKE), 860, 1_200),
    Goods("袋装大米", "bagged rice", (*DRY, Body.STAKE), 950, 1_200),
    Goods("卷筒纸", "paper reels", (*DRY, Body.FLATBED), 900, 1_500),
    Goods("板式家具", "flat-pack furniture", DRY, 420, 1_700),
    Goods("洗衣液", "laundry liquid", DRY, 800, 1_200),
    Goods("服务器机柜", "server racks", (Body.BOX,), 600, 1_800),
    Goods("塑料粒子", "plastic granulate", (*DRY, Body.STAKE), 950, 1_300),
    Goods("H型钢", "steel beams", OPEN, 1_000, 600),
    Goods("陶瓷地砖", "ceramic tiles", (*OPEN, Body.CURTAIN), 1_000, 800),
    Goods("鲜牛奶", "fresh milk", (Body.REEFER,), 700, 1_300, (2, 6)),
    Goods("冷冻水饺", "frozen dumplings", (Body.REEFER,), 560, 1_500, (-22, -18)),
    Goods("云南蓝莓", "blueberries", (Body.REEFER,), 380, 1_600, (0, 4)),
    Goods("工业酒精", "industrial ethanol", (Body.BOX,), 800, 1_200, dg_class="3"),
    Goods("出口集装箱货", "containerised exports", (Body.CONTAINER,), 820, 1_600),
)

TRUCK_KINDS: tuple[TruckKind, ...] = (
    TruckKind(Body.BOX, 18_000, 58_000, 960, 400, 6, certificates=("dg-3",)),
    TruckKind(Body.BOX, 30_000, 90_000, 1_300, 480, 5),
    TruckKind(Body.CURTAIN, 30_000, 92_000, 1_370, 470, 5),
    TruckKind(Body.STAKE, 32_000, 75_000, 1_300, 440, 4),
    TruckKind(Body.FLATBED, 32_000, 80_000, 1_300, 450, 3),
    TruckKind(Body.REEFER, 17_000, 52_000, 960, 560, 3, temperature_c=(-25, 8)),
    TruckKind(Body.REEFER, 28_000, 84_000, 1_300, 640, 2, temperature_c=(-25, 8)),
    TruckKind(Body.CONTAINER, 28_000, 67_000, 1_200, 500, 2),
)

# Where the demonstration's market is busy besides the capitals of provinces, if the map has them.
BUSY_PLACES = (
    *("宁波", "苏州", "无锡", "青岛", "厦门", "东莞", "佛山", "徐州", "临沂"),
    *("温州", "金华", "唐山", "襄阳", "洛阳", "潍坊", "芜湖", "赣州", "柳州"),
)
# The first character of a plate, by the first two digits of the home's GB/T 2260 division code.
PLATE_PROVINCES = {
    **{"11": "京", "12": "津", "13": "冀", "14": "晋", "15": "蒙", "21": "辽", "22": "吉", "23": "黑"},
    **{"31": "沪", "32": "苏", "33": "浙", "34": "皖", "35": "闽", "36": "赣", "37": "鲁"},
    **{"41": "豫", "42": "鄂", "43": "湘", "44": "粤", "45": "桂", "46": "琼"},
    **{"50": "渝", "51": "川", "52": "贵", "53": "云", "54": "藏"},
    **{"61": "陕", "62": "甘", "63": "青", "64": "宁", "65": "新"},
}
