"""The words of freight chats: bodies of trucks, goods, what marks a kind of offer, and words that say nothing new."""

from __future__ import annotations

import re

from haoyun.platform.market.values import Body

BODIES: tuple[tuple[Body, str], ...] = (
    (Body.STAKE, r"高栏车?|仓栅(?:式|车)?|仓栏车?|栏板车?|高栏板车?|花栏车?|stake(?: ?body)?(?: trucks?)?"),
    (Body.FLATBED, r"高低板车?|大?平板车?|低平板车?|爬梯车?|flat ?bed(?: trucks?| trailers?)?"),
    (Body.CURTAIN, r"飞翼车?|侧帘车?|篷布车?|curtain[- ]?sid(?:er?|ed)?(?: trucks?)?|tautliners?"),
    (
        Body.REEFER,
        r"冷藏车?|冷链车?|冷冻车|冷柜车?|保温冷藏车?|reefers?(?: trucks?)?|refrigerated(?: trucks?)?",
    ),
    (Body.BOX, r"厢式货?车?|箱式货?车?|厢货车?|箱货车?|厢车|箱车|封闭厢?车?|box(?: ?trucks?)?|dry ?vans?"),
    (Body.TANK, r"罐车|油罐车?|槽罐?车|液罐车?|tankers?|tank trucks?"),
    (
        Body.CONTAINER,
        r"集装箱车?|骨架车?|集卡|拖柜|[24][05]\s*(?:尺|英尺|ft|feet|gp|hq|hc)(?:柜|集装箱|高柜|平柜)?|[大小高平]柜|container(?: chassis| trucks?)?s?",
    ),
)
# 高低板勿扰: named to be left out.
NOT_WANTED = re.compile(r"\s*(?:勿扰|勿联|勿|不要|不行|除外|免谈)")
BODY = re.compile("|".join(f"(?P<{body.value}>{pattern})" for body, pattern in BODIES))

IS_CAPACITY = re.compile(
    r"找货|求货|空车|[回返]程(?!车?(?:优先|也行|也可|均可|都行))|返空|有车|车找|车源|空驶|配货找|可装\d|(?:empty|available|free) (?:truck|trailer|reefer|flatbed|box|vehicle)s?"
    r"|looking for (?:a )?(?:load|cargo|freight|return)|needs? (?:a )?(?:load|cargo|return load)"
    r"|truck available|backhaul wanted"
)
IS_LOAD = re.compile(
    r"求车|找车|要车|货找|有货|需要?.{0,10}车|招车|急找|need (?:an? )?(?:truck|reefer|flatbed|box)|looking for (?:an? )?truck"
)

# 现在昆山，返程回徐州: a truck with its plate, or one that goes home, is never a load.
HAS_TRUCK = re.compile(r"返程(?!车)|回程(?!车)")

# Longest first, so that 钢卷板 is not read as 钢卷.
_GOODS = re.split(
    r"\s+",
    """钢卷 卷钢 钢材 钢板 钢管 钢筋 螺纹钢 线材 型钢 角钢 槽钢 钢结构 钢坯 废钢 废铁 不锈钢 铝锭 铝材
    铝型材 铜杆 铜材 锌锭 铁矿 矿粉 矿石 煤炭 焦炭 水泥 砂石 石子 石材 大理石 瓷砖 玻璃 木材 木方
    板材 胶合板 家具 沙发 建材 管材 pvc管 电缆 光缆 电线 光伏板 光伏组件 太阳能板 组件 变压器 设备
    机械设备 机械 机器 挖掘机 工程机械 农机 机械配件 汽车配件 汽配 配件 零部件 轮胎 轴承 电池 锂电池
    电子产品 电子元件 电子 家电 电器 空调 冰箱 洗衣机 手机 电脑 百货 日用百货 日用品 洗衣粉 洗衣液
    纸巾 卫生纸 纸 纸箱 卷纸 原纸 白卡纸 纸浆 包装材料 包材 塑料颗粒 塑料粒子 塑料 塑胶 颗粒 树脂
    橡胶 化工原料 化工 涂料 油漆 溶剂 酒精 甲醇 化肥 复合肥 尿素 农药 饲料 豆粕 玉米 小麦 大米 面粉
    粮食 大豆 食用油 白糖 食品 零食 饮料 矿泉水 啤酒 白酒 牛奶 奶粉 水果 苹果 香蕉 柑橘 橙子 西瓜
    哈密瓜 葡萄 猕猴桃 蔬菜 白菜 土豆 洋葱 大蒜 辣椒 冻品 冻肉 冻鸡 冻鱼 猪肉 牛肉 鸡蛋 海鲜 水产
    冷冻水产 疫苗 药品 医药 中药材 医疗器械 服装 布匹 布料 面料 棉花 棉纱 纺织品 鞋子 鞋 玩具 书籍
    图书 快递 快件 包裹 展品 苗木 树苗 煤 盐 石膏板 石膏 保温板 岩棉 砖 混凝土管 风电叶片 叶片 塔筒
    普货 杂货 重货 集装箱货物""",
)
_GOODS_LATIN = (
    "steel coils?|steel plates?|steel pipes?|steel|aluminium ingots?|coils|machinery|machine parts|machines|spare parts|auto parts|parts|"
    "electronics|appliances|furniture|tiles|cement|glass|timber|lumber|paper rolls?|paper|plastic pellets|plastics|resin|chemicals|"
    "fertili[sz]er|feed|rice|flour|fruit|apples|bananas|oranges|vegetables|frozen (?:food|fish|meat|seafood|chicken)|seafood|beverages|"
    "drinks|beer|milk|textiles|garments|clothing|cotton|tyres|tires|batteries|solar panels|cables?|medicines?|pharmaceuticals?|vaccines?|"
    "consumer goods|general cargo|groceries|toys|parcels|coal|ore|sugar"
)
_HAN_GOODS = "|".join(sorted(map(re.escape, _GOODS), key=len, reverse=True))
GOODS = re.compile(rf"(?:{_HAN_GOODS})(?:粉(?!末))?|(?<![a-z])(?:{_GOODS_LATIN})(?![a-z])")
LABELLED_GOODS = re.compile(
    r"(?:货物|货名|品名|货品|货种|goods|cargo|commodity)\s*(?:是|为|:)\s*(?P<goods>[^\d\s,。;:/、()]{1,20}(?: [a-z]{3,15})?)"
)
GOODS_GAP = re.compile(r"\s*(?:[、/&+]|和|及|与|and)?\s*")

# Words that are understood and say nothing that a field keeps.
FILLER = re.compile(
    r"轻?泡货|现在|长期(?:合作|有货|货源|稳定)?|诚信(?:合作|经营)?|合作(?:愉快|共赢)|欢迎(?:联系|来电|合作)?|老板们?|各位|师傅们?|司机|大家好|你好|您好|谢谢|多谢|急急?急?(?:走|发|需|要|找|寻|求|运|单)?|"
    r"马上走|有货|求车|找车|要车|招车|货找车|车找货|找货|求货|配货|空车|回程车?|返程车?|返空|有车|车源|货源|现有|现货|求|寻|"
    r"需要?|要求|要|一车|整车|专车|零担|拼车|单边|随车|装货地?|卸货地?|提货地?|发货|装车|装|卸|提|拉|运输?|走货?|发|送|货物?|车辆|车型|车长|车|重量?|"
    r"体积|吨位|载重|净重|毛重|总重|共计?|大概|大约|约|左右|以上|以内|以下|可以?|能|均可|都行|都可以|都是|都|也行|或者?|和|及|的|了|吗|啊|呢|吧|哈|有|是|为|在|从|自|到|至|去|往|回|"
    r"电话|手机|微信|同号|联系(?:人|方式|电话)?|请|速|来电|私信|价格?|运费|运价|到付|包车?|全包|一口价|出发地?|始发地?|目的地|起点|终点|时间|日期|温度|温控|保持|恒温|"
    r"另外|还有|其他|以及|每天|今天|不超|不限|限|内|前|普通|件|另|"
    r"hi|hello|thanks?|thx|please|pls|urgent|need(?:ed|s)?|load(?:s|ing)?|cargo|freight|trucks?|from|to|for|with|of|and|or|the|an?|is|at|in|on|by|per|"
    r"available|empty|looking|pick[- ]?up|deliver(?:y)?|call|tel|phone|contact|price|rate|weight|about|approx|full|ftl|ltl|body|going|want(?:ed)?|return|backhaul|can|take|up|we|have|our|i|my|me|will|be"
)
_LATIN = re.compile(r"[a-z]")


def is_whole_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin match is not a part of a longer word."""
    before = start > 0 and _LATIN.match(text[start - 1]) and _LATIN.match(text[start])
    after = end < len(text) and _LATIN.match(text[end]) and _LATIN.match(text[end - 1])
    return not before and not after
