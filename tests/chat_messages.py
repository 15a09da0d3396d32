"""Messages as freight groups write them, with what they say: written for the test of the parser, none is real.

It is Thursday, 26 November 2026, ten in the morning in China. `?` behind a field: the message names a place that
must be asked about. Instants are (day of November, from hour, to day, to hour) in local time.
"""

from __future__ import annotations

from typing import Any

Said = dict[str, Any]
STAKE, FLAT, CURTAIN, REEFER, BOX, TANK, CONTAINER = (
    "stake", "flatbed", "curtain", "reefer", "box", "tank", "container",
)  # fmt: skip


def day(
    first: int, start: int = 0, last: int | None = None, end: int | None = None
) -> tuple[int, int, int, int]:
    """All of a day, or from an hour on, or until an hour."""
    last = first if last is None else last
    return (first, start, last + 1, 0) if end is None else (first, start, last, end)


TODAY = day(26, 10)


def load(origin: str, destination: str, **said: Any) -> Said:
    return {"kind": "load", "origin": origin, "destination": destination, **said}


def truck(origin: str, **said: Any) -> Said:
    return {"kind": "capacity", "origin": origin, **said}


def yuan(amount: float) -> Said:
    return {"price_mode": "fixed", "price_fen": round(amount * 100)}


ASK: Said = {"price_mode": "ask"}

MESSAGES: list[tuple[str, list[Said]]] = [
    ("苏州到成都 13米高栏 28吨 钢卷 明天装 1.2万", [load("苏州", "成都", truck_cm=1300, body={STAKE}, weight_kg=28000, goods="钢卷", pickup=day(27), **yuan(12000))]),
    ("宁波—西安，9米6厢车，15T百货，周五装货，电议", [load("宁波", "西安", truck_cm=960, body={BOX}, weight_kg=15000, goods="百货", pickup=day(27), **ASK)]),
    ("广州发长沙 17.5平板 设备32吨 28号装 运费8500", [load("广州", "长沙", truck_cm=1750, body={FLAT}, weight_kg=32000, goods="设备", pickup=day(28), **yuan(8500))]),
    ("上海→北京 4米2厢货 3吨 电子产品 今天下午装 3200元", [load("上海", "北京", truck_cm=420, body={BOX}, weight_kg=3000, goods="电子产品", pickup=day(26, 12, 26, 18), **yuan(3200))]),
    ("急！！杭州至重庆 冷藏车 18吨冻品 -18度 明早装 价格面议 13812345678", [load("杭州", "重庆", body={REEFER}, weight_kg=18000, goods="冻品", temperature_min_c=-18, temperature_max_c=-18, pickup=day(27, 6, 27, 12), phone="13812345678", **ASK)]),
    ("武汉到南宁 高栏或平板 30吨 瓷砖 每吨260 后天装", [load("武汉", "南宁", body={STAKE, FLAT}, weight_kg=30000, goods="瓷砖", pickup=day(28), **yuan(7800))]),
    ("青岛—郑州 60方 轻泡货 家具 11-28装 13.5米飞翼", [load("青岛", "郑州", volume_dm3=60000, goods="家具", pickup=day(28), truck_cm=1350, body={CURTAIN})]),
    ("求车：天津到太原，13米高低板，钢管31吨，单件12米，明天提货，一口价6800", [load("天津", "太原", truck_cm=1300, body={FLAT}, goods="钢管", weight_kg=31000, max_piece_cm=1200, pickup=day(27), **yuan(6800))]),
    ("寧波發往瀋陽 冷藏車 海鮮 １８噸 11-28裝 電議", [load("宁波", "沈阳", body={REEFER}, goods="海鮮", weight_kg=18000, pickup=day(28), **ASK)]),
    ("佛山－－昆明 １３米 ３３吨 陶瓷 瓷砖 大后天装 ９０００块", [load("佛山", "昆明", truck_cm=1300, weight_kg=33000, goods="瓷砖", pickup=day(29), **yuan(9000))]),
    ("起点：合肥\n终点：深圳\n货物：洗衣机\n重量：12吨\n体积：70立方\n装货时间：11月28日 14:00\n运费：1.1万", [load("合肥", "深圳", goods="洗衣机", weight_kg=12000, volume_dm3=70000, pickup=day(28, 14), **yuan(11000))]),
    ("装货地：唐山 卸货地：徐州 螺纹钢 32.5吨 明天装 150一吨", [load("唐山", "徐州", goods="螺纹钢", weight_kg=32500, pickup=day(27), **yuan(4875))]),
    ("郑州到乌鲁木齐 苹果 30t 冷链 2-8度 周六装 2.6w", [load("郑州", "乌鲁木齐", goods="苹果", weight_kg=30000, body={REEFER}, temperature_min_c=2, temperature_max_c=8, pickup=day(28), **yuan(26000))]),
    ("1、宁波—合肥 9米6 厢车 15T 百货 周五装 每吨150\n2、宁波—武汉 17.5平板 32吨 设备 28号装 面议\n电话13812345678", [
        load("宁波", "合肥", truck_cm=960, body={BOX}, weight_kg=15000, goods="百货", pickup=day(27), phone="13812345678", **yuan(2250)),
        load("宁波", "武汉", truck_cm=1750, body={FLAT}, weight_kg=32000, goods="设备", pickup=day(28), phone="13812345678", **ASK),
    ]),
    ("明天装：\n苏州-长沙 20吨 配件\n苏州-贵阳 25吨 纸\n都是13米高栏", [
        load("苏州", "长沙", weight_kg=20000, goods="配件", pickup=day(27), truck_cm=1300, body={STAKE}),
        load("苏州", "贵阳", weight_kg=25000, goods="纸", pickup=day(27), truck_cm=1300, body={STAKE}),
    ]),
    ("无锡到成都 钢卷 28吨，无锡到重庆 钢板 30吨，明天装", [
        load("无锡", "成都", goods="钢卷", weight_kg=28000),
        load("无锡", "重庆", goods="钢板", weight_kg=30000, pickup=day(27)),
    ]),
    ("13米高栏空车 苏州找货 回成都", [truck("苏州", destination="成都", truck_cm=1300, body={STAKE})]),
    ("9米6厢车，人在南京，今天有空，求货去山东方向", [truck("南京", truck_cm=960, body={BOX}, ready=TODAY)]),
    ("沪A12345 冷藏车 上海空车 找货到北京 载重18吨 明天可装", [truck("上海", destination="北京", plate="沪A12345", body={REEFER}, weight_kg=18000, ready=day(27))]),
    ("回程车：武汉回广州，17米5平板，可装33吨，后天有空，周边200公里", [truck("武汉", destination="广州", truck_cm=1750, body={FLAT}, weight_kg=33000, ready=day(28), radius_km=200)]),
    ("有车！西安 6米8高栏 明天空车 找货回兰州 价格2800", [truck("西安", destination="兰州", truck_cm=680, body={STAKE}, ready=day(27), min_price_fen=280000)]),
    ("重庆找货 13米飞翼 现在能装 30吨 90方", [truck("重庆", truck_cm=1300, body={CURTAIN}, ready=TODAY, weight_kg=30000, volume_dm3=90000)]),
    ("Suzhou to Chengdu, 28t steel coils, flatbed, pickup tomorrow 8am, 12000 RMB", [load("?", "成都", weight_kg=28000, goods="steel coils", body={FLAT}, pickup=day(27, 8), **yuan(12000))]),
    ("Need a truck from Ningbo to Xi'an, 15 tons machinery, box truck, pick up Nov 28, price negotiable", [load("宁波", "西安", weight_kg=15000, goods="machinery", body={BOX}, pickup=day(28), **ASK)]),
    ("Shanghai -> Beijing 22 pallets, 12,000 kg consumer goods, reefer 2-8C, loading Friday, deliver Sunday", [load("上海", "北京", pallets=22, weight_kg=12000, goods="consumer goods", body={REEFER}, temperature_min_c=2, temperature_max_c=8, pickup=day(27), delivery=day(29))]),
    ("Empty truck in Wuhan, 13m flatbed 30t, available tomorrow, back to Guangzhou", [truck("武汉", destination="广州", truck_cm=1300, body={FLAT}, weight_kg=30000, ready=day(27))]),
    ("Guangzhou到长沙 10t electronics 明天pickup ¥6500", [load("广州", "长沙", weight_kg=10000, goods="electronics", pickup=day(27), **yuan(6500))]),
    ("Reefer available Qingdao, looking for load to Zhengzhou, ready today", [truck("青岛", destination="郑州", body={REEFER}, ready=TODAY)]),
    ("朝阳到沈阳 玉米 30吨 明天装", [load("?", "沈阳", goods="玉米", weight_kg=30000, pickup=day(27))]),
    ("太仓到常州 60方 百货 今天装", [load("?", "常州", volume_dm3=60000, goods="百货", pickup=TODAY)]),
    ("江苏苏州到四川成都双流 钢材 25吨 28号-30号装 8千", [load("苏州", "成都", goods="钢材", weight_kg=25000, pickup=(28, 0, 31, 0), **yuan(8000))]),
    ("北京朝阳到上海 电脑 2000公斤 4.2米厢货 明天上午装", [load("北京", "上海", goods="电脑", weight_kg=2000, truck_cm=420, body={BOX}, pickup=day(27, 6, 27, 12))]),
    ("苏州工业园区到武汉 医疗器械 5吨 厢车 明天下午2点装 后天上午送到", [load("苏州", "武汉", goods="医疗器械", weight_kg=5000, body={BOX}, pickup=day(27, 14, 27, 18), delivery=day(28, 6, 28, 12))]),
    ("长春去大连，玉米二十八吨，高栏，十三米，明天走，三千八百块", [load("长春", "大连", goods="玉米", weight_kg=28000, body={STAKE}, truck_cm=1300, pickup=day(27), **yuan(3800))]),
    ("南昌—福州 三吨半 服装 4米2 今晚装 一千五百元", [load("南昌", "福州", weight_kg=3500, goods="服装", truck_cm=420, pickup=day(26, 18, 27, 0), **yuan(1500))]),
    ("惠州到天津，锂电池9类危险品，18吨，厢车，月结30天，周日装，1万8", [load("惠州", "天津", goods="锂电池", dg_class="9", weight_kg=18000, body={BOX}, pay_days=30, pickup=day(29), **yuan(18000))]),
    ("淄博—宁波 危险品3类 溶剂 罐车 28吨 11.28装 现结", [load("淄博", "宁波", dg_class="3", goods="溶剂", body={TANK}, weight_kg=28000, pickup=day(28), pay_days=0)]),
    ("深圳盐田到东莞 40HQ 集装箱 26吨 今天提柜", [load("深圳", "东莞", body={CONTAINER}, weight_kg=26000, pickup=TODAY)]),
    ("厦门到泉州拖柜 20尺柜 石材 27吨 周一装 到付", [load("厦门", "泉州", body={CONTAINER}, goods="石材", weight_kg=27000, pickup=day(30), pay_days=0)]),
    ("石家庄发济南 饲料 33吨 高栏13 明装 90/吨", [load("石家庄", "济南", goods="饲料", weight_kg=33000, body={STAKE}, pickup=day(27), **yuan(2970))]),
    ("成都--拉萨  13.75米 高栏  百货、配件 30吨/110方  30号装  价2.8万", [load("成都", "拉萨", truck_cm=1375, body={STAKE}, goods="百货、配件", weight_kg=30000, volume_dm3=110000, pickup=day(30), **yuan(28000))]),
    ("兰州到西宁 风电叶片 单件长25米 12吨 平板 后天装", [load("兰州", "西宁", goods="风电叶片", max_piece_cm=2500, weight_kg=12000, body={FLAT}, pickup=day(28))]),
    ("哈尔滨-广州 大米 32吨 下周二装 每吨620 联系人王经理 0451-86543210", [load("哈尔滨", "广州", goods="大米", weight_kg=32000, pickup=(31, 0, 32, 0), phone="045186543210", **yuan(19840))]),
    ("海口到南宁香蕉28吨冷藏车12-14度明天装后天到货运费7500", [load("海口", "南宁", goods="香蕉", weight_kg=28000, body={REEFER}, temperature_min_c=12, temperature_max_c=14, pickup=day(27), delivery=day(28), **yuan(7500))]),
    ("云南昆明→广东深圳 鲜花 8吨 冷藏 2~6℃ 今日装 明日到货", [load("昆明", "深圳", goods="鲜花", weight_kg=8000, body={REEFER}, temperature_min_c=2, temperature_max_c=6, pickup=TODAY, delivery=day(27))]),
    ("有货！银川到包头 煤炭 35吨 高栏 80元/吨 随时装", [load("银川", "包头", goods="煤炭", weight_kg=35000, body={STAKE}, pickup=TODAY, **yuan(2800))]),
    ("常州发车，到潍坊，光伏组件 24托 20吨，明后天装，13米", [load("常州", "潍坊", goods="光伏组件", pallets=24, weight_kg=20000, pickup=day(27, 0, 28), truck_cm=1300)]),
    ("吉安-上海 竹制品 16吨 9.6高栏 周五装 4200", [load("吉安", "上海", goods="竹制品", weight_kg=16000, truck_cm=960, body={STAKE}, pickup=day(27), **yuan(4200))]),
    ("临沂到乌鲁木齐，板材，31吨，2车，明天装，价格好说", [load("临沂", "乌鲁木齐", goods="板材", weight_kg=31000, trucks=2, pickup=day(27), **ASK)]),
    ("需要3台13米平板，烟台到大庆，变压器 每台28吨 12月1日装", [load("烟台", "大庆", trucks=3, truck_cm=1300, body={FLAT}, goods="变压器", weight_kg=28000, pickup=(31, 0, 32, 0))]),
    ("长期合作 贵阳到遵义 饮料 10吨 今天装 诚信", [load("贵阳", "遵义", goods="饮料", weight_kg=10000, pickup=TODAY)]),
    ("温州→义乌 鞋子 20方 不拼车 急走 车长6.8 联系138 1234 5678", [load("温州", "义乌", goods="鞋子", volume_dm3=20000, phone="13812345678")]),
    ("从嘉兴到合肥，纺织品8.5吨，箱车，11/28装，11/29卸，3600元含税", [load("嘉兴", "合肥", goods="纺织品", weight_kg=8500, body={BOX}, pickup=day(28), delivery=day(29), **yuan(3600))]),
    ("上饶到杭州20吨光伏板明天装", [load("上饶", "杭州", weight_kg=20000, goods="光伏板", pickup=day(27))]),
    ("芜湖 南通 冷链食品 18吨 后天 2540元", [load("芜湖", "南通", weight_kg=18000, body={REEFER}, goods="食品", pickup=day(28), **yuan(2540))]),
    ("车找货 浙B88888 9米6高栏 宁波 明天空车 去安徽", [truck("宁波", plate="浙B88888", truck_cm=960, body={STAKE}, ready=day(27))]),
    ("苏E3T567 现在昆山，返程回徐州，7.6高栏，能装15吨，最低2200", [truck("昆山", destination="徐州", plate="苏E3T567", truck_cm=760, body={STAKE}, weight_kg=15000, min_price_fen=220000)]),
    ("Load: Zhengzhou to Lanzhou, 20 t auto parts, 45 cbm, curtainsider, 30/11 pickup, CNY 9,800, net 30 days", [load("郑州", "兰州", weight_kg=20000, goods="auto parts", volume_dm3=45000, body={CURTAIN}, pay_days=30, **yuan(9800))]),
    ("Tianjin to Harbin 30mt fertilizer, per ton 280, stake truck, tomorrow morning", [load("天津", "哈尔滨", weight_kg=30000, goods="fertilizer", body={STAKE}, pickup=day(27, 6, 27, 12), **yuan(8400))]),
    ("临汾到运城 焦炭33吨，明早8点装，短倒，58一吨，回单付", [load("临汾", "运城", goods="焦炭", weight_kg=33000, pickup=day(27, 8, 27, 12), **yuan(1914))]),
    ("东莞-成都 玩具 15吨 65方 28-30号装 17.5米 12500", [load("东莞", "成都", goods="玩具", weight_kg=15000, volume_dm3=65000, pickup=(28, 0, 31, 0), truck_cm=1750, **yuan(12500))]),
    ("泉州到义乌 石材 三十吨 九米六 星期六装 4千5", [load("泉州", "义乌", goods="石材", weight_kg=30000, truck_cm=960, pickup=day(28), **yuan(4500))]),
    ("长沙找货，13米高栏，回郑州，明天上午空车，电话15900001111", [truck("长沙", destination="郑州", truck_cm=1300, body={STAKE}, ready=day(27, 6, 27, 12), phone="15900001111")]),
    ("绍兴到石家庄：布料12吨（约55方），明天18点前装，运价6k", [load("绍兴", "石家庄", goods="布料", weight_kg=12000, volume_dm3=55000, pickup=day(27, 18), **yuan(6000))]),
    ("大连港到长春 钢卷 五车 每车32吨 95每吨 明天开始装", [load("大连", "长春", goods="钢卷", trucks=5, weight_kg=32000, pickup=day(27), **yuan(3040))]),
]  # fmt: skip
