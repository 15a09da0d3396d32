"""The national expressways as ordered lists of cities: facts of the national numbering (GB/T 917).

A route reads: ref, name, terrain, then the cities in order; an indented line continues the route above,
`/` starts another stretch of it. A figure in brackets before a city is the length in km of the
leg that leads to it, where terrain alone guesses it badly (bridges, ferries, passes).
`~word` changes the terrain for the rest of the route. A leg that several routes share is one road with all
their refs; the first route that has it decides its length. REMARKS is the label such a network is shown with.
"""

from __future__ import annotations

REMARKS = "schematic trunk network, not for navigation"

EXPRESSWAYS = """
G1   京哈 plain 北京 唐山 秦皇岛 葫芦岛 锦州 盘锦 沈阳 铁岭 四平 长春 哈尔滨
G2   京沪 plain 北京 廊坊 天津 沧州 德州 济南 泰安 ~hills 临沂 ~plain 淮安 泰州 无锡 苏州 昆山 上海
G3   京台 plain 北京 廊坊 沧州 德州 济南 泰安 济宁 枣庄 徐州 宿州 蚌埠 合肥 铜陵 ~hills 黄山 衢州 武夷山
    南平 福州
G4   京港澳 plain 北京 涿州 保定 石家庄 邢台 邯郸 安阳 鹤壁 新乡 郑州 许昌 漯河 驻马店 信阳 ~hills 孝感
    武汉 咸宁 岳阳 长沙 湘潭 衡阳 郴州 ~mountains 韶关 ~hills 广州 ~plain 东莞 深圳
G5   京昆 plain 北京 涿州 保定 石家庄 ~mountains 阳泉 太原 ~plain 晋中 ~hills 临汾 韩城 渭南 西安
    ~mountains 汉中 广元 绵阳 ~plain 德阳 成都 ~mountains 雅安 西昌 攀枝花 昆明
G6   京藏 hills 北京 张家口 乌兰察布 呼和浩特 ~plain 包头 巴彦淖尔 乌海 石嘴山 银川 吴忠 中卫 ~hills
    白银 兰州 海东 西宁 共和 德令哈 格尔木
G7   京新 hills 北京 张家口 乌兰察布 呼和浩特 包头 巴彦淖尔 ~desert 额济纳旗 哈密 乌鲁木齐
G10  绥满 hills 绥芬河 牡丹江 哈尔滨 ~plain 大庆 齐齐哈尔 ~hills [510] 呼伦贝尔 ~plain 满洲里
G11  鹤大 hills 鹤岗 佳木斯 七台河 鸡西 牡丹江 ~mountains 敦化 白山 通化 丹东 ~hills 大连
G12  珲乌 hills 珲春 延吉 敦化 吉林 ~plain 长春 松原 白城 乌兰浩特
G15  沈海 plain 沈阳 辽阳 鞍山 营口 大连 ~ferry [170] 烟台 ~hills 青岛 日照 ~plain 连云港 盐城 南通 常熟
    上海 [200] 宁波 ~hills 台州 温州 宁德 福州 莆田 泉州 厦门 漳州 汕头 汕尾 惠州 深圳 东莞 ~plain 广州
    佛山 江门 阳江 茂名 湛江 ~ferry [178] 海口
G15W 常台 plain 常熟 苏州 嘉兴 绍兴 ~mountains 台州
G16  丹锡 hills 丹东 鞍山 盘锦 锦州 朝阳 赤峰 锡林浩特
G18  荣乌 hills 威海 烟台 ~plain 潍坊 东营 天津 保定 ~mountains 朔州 ~hills 鄂尔多斯 乌海
G20  青银 plain 青岛 潍坊 淄博 济南 石家庄 ~mountains 阳泉 太原 吕梁 ~hills 靖边 ~plain 银川
G22  青兰 hills 青岛 泰安 ~plain 聊城 邯郸 ~mountains 长治 临汾 延安 庆阳 平凉 定西 兰州
G25  长深 plain 长春 通辽 阜新 ~hills 朝阳 承德 唐山 ~plain 天津 滨州 淄博 ~hills 临沂 ~plain 连云港
    淮安 南京 湖州 杭州 ~hills 金华 ~mountains 丽水 南平 三明 龙岩 梅州 河源 ~hills 惠州 深圳
G30  连霍 plain 连云港 徐州 商丘 开封 郑州 ~hills 洛阳 三门峡 ~plain 渭南 西安 咸阳 宝鸡 ~mountains 天水
    定西 兰州 武威 ~desert 金昌 张掖 酒泉 嘉峪关 瓜州 哈密 吐鲁番 乌鲁木齐 昌吉 石河子 奎屯 博乐
    ~mountains 霍尔果斯
G35  济广 plain 济南 菏泽 商丘 亳州 阜阳 六安 ~hills 安庆 景德镇 鹰潭 抚州 瑞金 ~mountains 梅州 河源
    ~hills 惠州 广州
G36  宁洛 plain 南京 滁州 蚌埠 阜阳 周口 漯河 平顶山 ~hills 洛阳
G40  沪陕 plain 上海 南通 泰州 扬州 南京 合肥 六安 ~hills 信阳 ~plain 南阳 ~mountains 商洛 西安
G42  沪蓉 plain 上海 昆山 苏州 无锡 常州 镇江 南京 合肥 六安 ~hills 麻城 武汉 ~plain 荆门 ~hills 宜昌
    ~mountains 恩施 万州 ~hills 广安 南充 遂宁 成都
G45  大广 plain 大庆 松原 通辽 ~hills 赤峰 承德 北京 ~plain 廊坊 衡水 濮阳 开封 周口 ~hills 麻城 ~plain
    黄冈 鄂州 黄石 ~hills 樟树 吉安 赣州 ~mountains 广州
G50  沪渝 plain 上海 湖州 宣城 铜陵 池州 安庆 黄石 武汉 仙桃 荆州 宜昌 ~mountains 恩施 重庆
G55  二广 plain 二连浩特 乌兰察布 大同 ~hills 朔州 原平 忻州 太原 晋中 ~mountains 长治 晋城 济源 ~hills
    洛阳 ~mountains 南阳 ~plain 襄阳 荆门 荆州 常德 ~hills 邵阳 永州 ~mountains 连州 ~hills 广州
G56  杭瑞 hills 杭州 黄山 景德镇 九江 咸宁 岳阳 ~plain 常德 ~mountains 吉首 铜仁 遵义 毕节 六盘水 曲靖
    ~hills 昆明 ~mountains 楚雄 大理 保山 芒市 瑞丽
G59  呼北 hills 呼和浩特 ~mountains 朔州 吕梁
G60  沪昆 plain 上海 嘉兴 杭州 ~hills 义乌 金华 衢州 上饶 鹰潭 南昌 樟树 新余 宜春 萍乡 醴陵 湘潭 娄底
    邵阳 ~mountains 怀化 凯里 贵阳 安顺 曲靖 ~hills 昆明
G65  包茂 hills 包头 鄂尔多斯 榆林 靖边 延安 铜川 西安 ~mountains 安康 达州 广安 重庆 吉首 怀化 桂林
    ~hills 梧州 茂名
G69  银百 mountains 庆阳 咸阳 / 贵阳 百色
G70  福银 mountains 福州 南平 抚州 ~hills 南昌 九江 黄石 ~plain 武汉 孝感 随州 襄阳 ~mountains 十堰 商洛
    西安 ~plain 咸阳 ~hills 平凉 固原 中卫 吴忠 银川
G72  泉南 mountains 泉州 三明 吉安 衡阳 ~hills 永州 桂林 柳州 来宾 南宁
G75  兰海 mountains 兰州 陇南 广元 ~hills 南充 重庆 ~mountains [245] 遵义 [145] 贵阳 都匀 河池 ~hills
    南宁 钦州 北海 湛江 ~ferry [178] 海口
G76  厦蓉 hills 厦门 漳州 ~mountains 龙岩 瑞金 赣州 郴州 永州 桂林 都匀 贵阳 毕节 泸州 ~hills 内江 资阳
    成都
G78  汕昆 hills 汕头 揭阳 梅州 / 韶关 ~mountains 贺州 柳州 河池 兴义 昆明
G80  广昆 plain 广州 佛山 肇庆 ~hills 云浮 玉林 南宁 百色 ~mountains 文山 昆明
G85  银昆 mountains 固原 平凉 宝鸡 汉中 巴中 广安 ~hills 重庆 内江 自贡 宜宾 ~mountains 昭通 昆明
G60N 杭长 mountains 南昌 [340] 长沙
G92  杭州湾环线 plain 杭州 绍兴 宁波 嘉兴
G93  成渝环线 hills 绵阳 遂宁 重庆 / 成都 眉山 乐山 宜宾 泸州 重庆
G98  海南环岛 hills 海口 琼海 三亚 儋州 海口
G0111 秦滨 plain 天津 滨州
G0321 德上 plain 德州 聊城 濮阳 / 商丘 淮北 / 淮南 合肥 池州 ~mountains 景德镇 上饶
G0423 乐广 mountains 韶关 清远 ~hills 广州
G0611 张汶 mountains 张掖 西宁 海东 同仁 合作
G0613 西丽 plateau 共和 玉树 昌都 香格里拉 丽江
G0615 德马 plateau 若羌 德令哈 玛沁 马尔康
G0711 乌若 desert 吐鲁番 库尔勒 若羌
G1011 哈同 plain 哈尔滨 佳木斯 双鸭山
G1013 海张 hills 锡林浩特 张家口
G1111 鹤哈 hills 鹤岗 伊春 绥化 ~plain 哈尔滨
G1112 集双 hills 通化 辽源 四平
G1113 丹阜 hills 丹东 本溪 沈阳 阜新
G1211 吉黑 hills 吉林 哈尔滨 绥化 黑河
G1212 沈吉 hills 沈阳 抚顺 吉林
G1511 日兰 plain 日照 临沂 济宁 菏泽 开封
G1512 甬金 hills 宁波 金华
G1513 温丽 mountains 温州 丽水
G1514 宁上 mountains 宁德 武夷山 上饶
G1516 盐洛 plain 盐城 淮安 宿迁 宿州 亳州 周口 许昌 ~hills 登封 洛阳
G1517 莆炎 mountains 莆田 三明
G1811 黄石 plain 沧州 衡水 石家庄
G1812 沧榆 plain 沧州 保定 ~mountains 原平 神木 ~hills 榆林
G1815 潍日 hills 潍坊 日照
G1816 乌玛 desert 乌海 阿拉善左旗 中卫 / 兰州 ~mountains 临夏 合作 玛沁
G1817 乌银 desert 阿拉善左旗 银川
G2012 定武 desert 中卫 武威
G2511 新鲁 plain 沈阳 通辽
G2512 阜锦 hills 阜新 锦州
G2513 淮徐 plain 宿迁 徐州
G2516 东吕 plain 东营 滨州 济南 聊城
G2518 深岑 plain 深圳 [82] 中山 江门 ~hills 云浮 梧州
G3011 柳格 desert 瓜州 敦煌 ~mountains 格尔木
G3012 吐和 desert 库尔勒 阿克苏 阿图什 喀什 和田
G3014 奎阿 desert 奎屯 克拉玛依 阿勒泰
G3015 奎塔 desert 克拉玛依 塔城
G3016 清伊 hills 霍尔果斯 伊宁
G3511 菏宝 plain 菏泽 新乡 焦作 济源 ~mountains 运城 韩城 铜川
G4011 扬溧 plain 扬州 镇江
G4012 溧宁 mountains 宣城 黄山
G4211 宁芜 plain 南京 马鞍山 芜湖
G4212 合安 plain 合肥 安庆
G4213 麻安 hills 麻城 随州
G4215 蓉遵 hills 成都 自贡 泸州 ~mountains 遵义
G4216 蓉丽 mountains 攀枝花 丽江
G4217 蓉昌 mountains 成都 马尔康 ~plateau 昌都
G4218 雅叶 mountains 雅安 康定 ~plateau 昌都 林芝 山南 拉萨 日喀则 狮泉河 喀什
G4512 双嫩 plain 四平 通辽 / 白城 齐齐哈尔
G5011 芜合 plain 宣城 芜湖 合肥
G5012 恩广 hills 万州 达州 巴中 ~mountains 广元
G5013 渝蓉 hills 重庆 成都
G5511 集阿 hills 乌兰察布 锡林浩特 乌兰浩特
G5512 晋新 mountains 晋城 焦作 ~plain 新乡
G5513 长张 plain 长沙 益阳 常德 ~hills 张家界
G5611 大丽 mountains 大理 丽江
G5612 大临 mountains 大理 临沧
G5613 保泸 mountains 保山 泸水
G7011 十天 mountains 十堰 安康 汉中 天水
G7211 南友 hills 南宁 崇左 凭祥
G7511 钦东 plain 钦州 防城港
G7611 都香 mountains 安顺 六盘水 昭通 西昌
G8011 开河 mountains 蒙自 河口
G8511 昆磨 mountains 昆明 玉溪 普洱 景洪 磨憨
G8513 平绵 mountains 平凉 天水 陇南 绵阳
G9211 甬舟 plain 宁波 舟山
G9411 莞佛 plain 东莞 佛山
"""

# National roads where the expressway is not finished, and provincial expressways that join the remaining
# cities; their numbers change too often to state them as facts.
OTHER_ROADS = """
G109 京拉 plateau 格尔木 那曲 拉萨
G111 京加 hills 齐齐哈尔 加格达奇
G315 西吐 plateau 西宁 海晏 德令哈 / 若羌 ~desert 且末 和田
- 省级高速 plain 广州 [90] 中山 珠海 江门 / 营口 盘锦 / 新乡 濮阳 安阳 / 焦作 郑州 / 蚌埠 淮南 阜阳 /
    徐州 淮北 宿州 / 盐城 泰州 / 南京 常州 / 长沙 株洲 湘潭 / 株洲 醴陵 / 郑州 平顶山 许昌 / 揭阳 潮州
    汕头 / 安庆 九江
- 省级高速 hills 青岛 威海 / 枣庄 临沂 / 承德 秦皇岛 / 张家口 大同 / 益阳 娄底 / 金华 台州 / 汕尾 揭阳 /
    玉林 北海 / 玉林 湛江 / 来宾 贵港 玉林 / 贺州 梧州 / 遂宁 内江 / 乐山 自贡 / 平顶山 南阳 驻马店 /
    运城 三门峡 / 韶关 惠州 / 肇庆 清远 / 梧州 玉林 / 广州 [265] 贺州 / 延安 韩城 / 本溪 辽阳 / 酒泉
    额济纳旗
- 省级高速 mountains 吕梁 临汾 / 临汾 运城 / 三门峡 十堰 / 宜昌 张家界 吉首 / 铜仁 凯里 都匀 / 铜仁 怀化
    / 安顺 兴义 百色 / 兴义 文山 / 蒙自 文山 / 玉溪 蒙自 / 临沧 普洱 / 巴中 南充 / 庆阳 固原 / 桂林 贺州
    / 咸宁 醴陵 / 保山 临沧
"""
