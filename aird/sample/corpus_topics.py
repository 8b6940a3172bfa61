"""Everyday topics beside the departments, in English and Chinese: the breadth of the base model's world.

Same form as the departments' intents (see `corpus_intents`); no department asks about these.
"""

from aird.sample.corpus_intents import Intent, intent

_TRAVEL = """
table = a table = 订餐位
reserve / book / hold / arrange + a table / seats for dinner / a table by the window / a place for four
we want / I would like / my friends need / our guests want + a table / seats for dinner / a table by the window / a place for four
预订 / 预留 / 安排 / 订 + 一张桌子 / 晚饭的座位 / 靠窗的桌子 / 四个人的位子
我们要 / 我想要 / 朋友们需要 / 客人想要 + 一张桌子 / 晚饭的座位 / 靠窗的桌子 / 四个人的位子

room = a room = 订房间
reserve / book / keep / find + a double room / a quiet room / a bed for tonight / a room with a bath
we are looking for / I would like / my parents need / our guests want + a double room / a quiet room / a bed for tonight / a room with a bath
预订 / 订 / 留 / 找 + 双人间 / 安静的房间 / 今晚的床位 / 带浴缸的房间
我们在找 / 我想要 / 父母需要 / 客人想要 + 双人间 / 安静的房间 / 今晚的床位 / 带浴缸的房间

seat = a seat = 选座位
choose / assign / change / reserve + an aisle seat / a window seat / a place near the door / two seats together
I prefer / we would like / my son wants / the old lady needs + an aisle seat / a window seat / a place near the door / two seats together
选 / 分配 / 更换 / 预留 + 靠过道的座位 / 靠窗座位 / 门边的位子 / 两个连座
我喜欢 / 我们想要 / 儿子想要 / 老太太需要 + 靠过道的座位 / 靠窗座位 / 门边的位子 / 两个连座

luggage = lost luggage = 行李丢失
look for / find / trace / bring back + my suitcase / the lost bag / our luggage / the red backpack
my suitcase / the bag / our luggage / the red backpack + is lost / did not come out / stayed behind / was left on the train
寻找 / 找回 / 追查 / 送回 + 我的箱子 / 丢的包 / 行李 / 红色背包
我的箱子 / 包 / 行李 / 红色背包 + 丢了 / 没有出来 / 落下了 / 忘在火车上了

taxi = a ride = 叫车
call / send / order / get + a taxi / a car / a ride to the station / a driver
we need / I am waiting for / grandmother wants / the visitors need + a taxi / a car / a ride to the station / a driver
叫 / 派 / 订 / 找 + 出租车 / 一辆车 / 去车站的车 / 一位司机
我们需要 / 我在等 / 奶奶要 / 来宾需要 + 出租车 / 一辆车 / 去车站的车 / 一位司机
"""

_HOME = """
heating = a cold flat = 暖气问题
check / repair / turn on / adjust + the heating / the radiator / the boiler / the hot water
the heating / the radiator / our flat / the water + is cold / does not get warm / has been off since morning / freezes
检查 / 修理 / 打开 / 调节 + 暖气 / 暖气片 / 锅炉 / 热水
暖气 / 暖气片 / 我们的屋子 / 水 + 是冷的 / 热不起来 / 从早上就停了 / 结冰了

noise = noise = 噪音
stop / report / look into / end + the noise / the loud music / the barking / the drilling
I cannot sleep because of / we are tired of / the baby wakes up from / there is again + the noise / loud music / the barking / drilling
制止 / 上报 / 调查 / 处理 + 噪音 / 吵闹的音乐 / 狗叫 / 电钻声
我睡不着，因为 / 我们受够了 / 孩子被吵醒，因为 / 又有 + 噪音 / 吵闹的音乐 / 狗叫 / 电钻声

leak = a leak = 漏水
stop / repair / look at / seal + the leak / the dripping tap / the wet ceiling / the broken pipe
water / something / rain / a lot of water + drips from the ceiling / comes through the wall / runs over the floor / leaks under the sink
堵住 / 修理 / 看看 / 封好 + 漏水的地方 / 滴水的龙头 / 湿了的天花板 / 破的水管
水 / 不知什么 / 雨水 / 很多水 + 从天花板滴下来 / 从墙里渗出来 / 流了一地 / 在水槽下漏

key = a lost key = 钥匙丢失
copy / make / bring / replace + the key / the front door key / the spare key / the lock
I lost / somebody stole / my son broke / we cannot find + the key / the front door key / the spare key / the key of the cellar
配 / 做 / 送来 / 更换 + 钥匙 / 大门钥匙 / 备用钥匙 / 门锁
我丢了 / 有人偷了 / 儿子弄断了 / 我们找不到 + 钥匙 / 大门钥匙 / 备用钥匙 / 地下室的钥匙

waste = waste collection = 垃圾清运
collect / take away / empty / remove + the rubbish / the old sofa / the paper bin / the garden waste
the rubbish / the old sofa / the paper bin / the garden waste + is still here / was not collected / smells / blocks the yard
收走 / 运走 / 清空 / 清理 + 垃圾 / 旧沙发 / 纸箱 / 园子里的废物
垃圾 / 旧沙发 / 纸箱 / 园子里的废物 + 还在这里 / 没人收 / 有味道 / 堵住了院子
"""

_HEALTH = """
doctor = an appointment = 看病预约
arrange / move / book / confirm + an appointment / a visit to the doctor / a check-up / my consultation
I need / my daughter needs / we would like / my husband asks for + an appointment / a visit to the doctor / a check-up / a consultation
安排 / 改 / 预约 / 确认 + 门诊时间 / 看医生 / 体检 / 我的会诊
我需要 / 女儿需要 / 我们想要 / 丈夫想要 + 门诊时间 / 看医生 / 体检 / 会诊

drug = a medicine = 开药
prescribe / renew / order / prepare + my tablets / the medicine / the prescription / the eye drops
I ran out of / there is no more of / the nurse forgot / we still need + my tablets / the medicine / the prescription / the eye drops
开 / 续开 / 订购 / 准备 + 我的药片 / 药 / 处方 / 眼药水
我用完了 / 家里没有 / 护士忘了 / 我们还需要 + 药片 / 药 / 处方 / 眼药水

result = a test result = 化验结果
send / read out / explain / look up + the test result / my blood values / the x-ray / the lab report
I am waiting for / nobody told me about / my doctor has not seen / where is + the test result / my blood values / the x-ray / the lab report
发来 / 念一下 / 解释 / 查 + 化验结果 / 血液指标 / 片子 / 检验报告
我在等 / 没人告诉我 / 医生还没看到 / 哪里能看 + 化验结果 / 血液指标 / 片子 / 检验报告

dentist = a tooth problem = 牙齿问题
treat / look at / fill / clean + my tooth / the painful tooth / my teeth / the old filling
my tooth / the gum / the old filling / one of my teeth + hurts / broke off / bleeds / is loose
治疗 / 看看 / 补 / 清洁 + 我的牙 / 疼的牙 / 牙齿 / 旧的补牙
我的牙 / 牙龈 / 旧的补牙 / 有一颗牙 + 疼 / 断了 / 出血 / 松了

gym = a sports class = 健身课
join / book / move / open + the yoga class / the swimming lesson / the dance course / the evening training
I would love / my wife wants / we look for / the children enjoy + a yoga class / a swimming lesson / a dance course / evening training
参加 / 预约 / 改期 / 开 + 瑜伽课 / 游泳课 / 舞蹈班 / 晚间训练
我很想上 / 太太想上 / 我们在找 / 孩子们喜欢 + 瑜伽课 / 游泳课 / 舞蹈班 / 晚间训练
"""

_STUDY = """
loan = a longer loan = 续借
extend / renew / prolong / keep + the book / the loan / the two novels / the borrowed film
I have not finished / I still read / my class needs / we forgot + the book / the borrowed one / both novels / the film
续借 / 延长 / 再借 / 保留 + 这本书 / 借阅期 / 两本小说 / 借的电影
我还没看完 / 我还在读 / 班上需要 / 我们忘了还 + 这本书 / 借的书 / 两本小说 / 那部电影

homework = homework help = 作业帮助
explain / check / correct / show me + the homework / the equation / the essay / the exercise
I do not understand / my son fails at / nobody can solve / we got stuck with + the homework / the equation / the essay / the exercise
讲解 / 检查 / 批改 / 示范 + 作业 / 方程 / 作文 / 练习
我看不懂 / 儿子不会做 / 没人会解 / 我们卡在 + 作业 / 方程 / 作文 / 练习

timetable = the timetable = 课程表
show / send / print / tell me + the timetable / the lesson plan / the hours / the lecture times
when begins / I cannot find / nobody knows / what changed in + the timetable / the lesson / the first lecture / the morning class
显示 / 发来 / 打印 / 告诉我 + 课程表 / 教学安排 / 上课时间 / 讲座时间
我找不到 / 没人知道 / 哪里有 / 我想看 + 课程表 / 教学安排 / 第一节课的时间 / 早课的安排

translate = a translation = 翻译
translate / put into French / interpret / render + the letter / this page / the speech / the contract text
I cannot read / my guest does not understand / we must hand in a translation of / the court wants a translation of + the letter / this page / the speech / the text
翻译 / 译成法语 / 口译 / 转译 + 这封信 / 这一页 / 讲话 / 合同原文
我读不懂 / 客人听不懂 / 我们要交译文的是 / 法院要译文的是 + 这封信 / 这一页 / 讲话 / 文章

grade = a grade question = 成绩问题
check / explain / raise / review + my grade / the mark / the exam points / the result of my test
my grade / the mark / the number of points / the result of my test + seems wrong / is too low / is missing / was added up wrongly
复核 / 解释 / 提高 / 审查 + 我的成绩 / 分数 / 考试得分 / 测验结果
我的成绩 / 分数 / 得分 / 测验结果 + 好像错了 / 太低了 / 没有出来 / 算错了
"""

_MACHINES = """
printer = a printer problem = 打印机故障
repair / restart / check / connect + the printer / the copier / the scanner / the paper tray
the printer / the copier / the scanner / the paper tray + is jammed / prints nothing / blinks red / has no toner
修 / 重启 / 检查 / 连接 + 打印机 / 复印机 / 扫描仪 / 纸盒
打印机 / 复印机 / 扫描仪 / 纸盒 + 卡纸了 / 打不出东西 / 闪红灯 / 没有墨了

network = a network problem = 网络故障
fix / restart / check / speed up + the network / the wireless / the internet / the connection
the network / the wireless / the internet / our connection + is down / is very slow / drops every minute / cannot be reached
修复 / 重启 / 检查 / 加快 + 网络 / 无线网 / 互联网 / 连接
网络 / 无线网 / 互联网 / 我们的连接 + 断了 / 非常慢 / 每分钟都掉线 / 连不上

backup = a lost file = 文件恢复
restore / recover / rescue / bring back + the deleted file / yesterday's version / the lost folder / my photos
I deleted / the update removed / somebody overwrote / I cannot open + the file / yesterday's version / the folder / my photos
恢复 / 找回 / 抢救 / 还原 + 删掉的文件 / 昨天的版本 / 丢失的目录 / 我的照片
我删掉了 / 更新弄没了 / 有人覆盖了 / 我打不开 + 文件 / 昨天的版本 / 目录 / 我的照片

car = a car check = 汽车检修
check / service / repair / look at + the car / the brakes / the engine / the tyres
the car / the brake / the engine / one wheel + makes a noise / does not start / shakes / loses oil
检查 / 保养 / 修理 / 看看 + 汽车 / 刹车 / 发动机 / 轮胎
汽车 / 刹车 / 发动机 / 一个轮子 + 有响声 / 发动不了 / 发抖 / 漏油

light = a light = 照明
switch on / dim / replace / repair + the light / the lamp in the hall / the bulb / the street lamp
the light / the lamp in the hall / the bulb / the street lamp + is out / flickers / is too bright / burns all day
打开 / 调暗 / 更换 / 修理 + 灯 / 大厅的灯 / 灯泡 / 路灯
灯 / 大厅的灯 / 灯泡 / 路灯 + 不亮 / 在闪 / 太亮了 / 整天亮着
"""

_LEISURE = """
ticket = a concert ticket = 演出票
sell me / reserve / book / keep + a concert ticket / two cinema tickets / a place at the opera / entry for the museum
I would like / my aunt wants / we look for / the class needs + a concert ticket / two cinema tickets / a place at the opera / entry for the museum
卖给我 / 预留 / 订 / 留 + 音乐会的票 / 两张电影票 / 歌剧的位子 / 博物馆门票
我想要 / 姑姑想要 / 我们在找 / 班上需要 + 音乐会的票 / 两张电影票 / 歌剧的位子 / 博物馆门票

weather = the weather = 天气
tell me / look up / forecast / show + the weather / the temperature / the chance of rain / the wind
I wonder about / the hikers ask for / our pilot needs / what will be + the weather / the temperature / the chance of rain / the wind
告诉我 / 查 / 预报 / 显示 + 天气 / 气温 / 下雨的可能 / 风力
我想知道 / 登山的人问 / 飞行员需要 / 请问明天的 + 天气 / 气温 / 下雨的可能 / 风力

music = some music = 放音乐
play / start / turn on / find + some music / the song from yesterday / a piano piece / the radio
I am in the mood for / the party needs / we dance to / my baby likes + some music / the song from yesterday / a piano piece / the radio
播放 / 放 / 打开 / 找 + 音乐 / 昨天那首歌 / 钢琴曲 / 广播
我想听 / 聚会需要 / 我们跳舞要 / 宝宝喜欢 + 音乐 / 昨天那首歌 / 钢琴曲 / 广播

recipe = a recipe = 菜谱
find / explain / write down / show + a recipe / how to make soup / a dish with rice / the way to bake bread
I want to cook / tonight we try / my guests like / teach me + a new dish / a soup / something with rice / bread
找 / 讲讲 / 写下 / 给我看 + 菜谱 / 汤的做法 / 米饭的菜 / 烤面包的方法
我想做 / 今晚我们试试 / 客人喜欢 / 教我做 + 新菜 / 汤 / 米饭的菜 / 面包

flowers = flowers = 送花
deliver / send / arrange / choose + flowers / a bunch of roses / a green plant / a wreath
it is a birthday, so we need / she would love / the hall lacks / I want to give + flowers / a bunch of roses / a green plant / a basket of tulips
递送 / 寄 / 布置 / 挑 + 鲜花 / 一束玫瑰 / 一盆绿植 / 花环
过生日要用 / 她会喜欢 / 大厅缺 / 我想送 + 鲜花 / 一束玫瑰 / 一盆绿植 / 一篮郁金香
"""

_CITY = """
parking = a parking permit = 停车证
issue / renew / extend / send + a parking permit / the resident card / a pass for visitors / a place in the garage
I need / our guest asks for / my street requires / the shop wants + a parking permit / the resident card / a pass for visitors / a place in the garage
办理 / 续办 / 延长 / 寄来 + 停车证 / 居民卡 / 访客通行证 / 车库位
我需要 / 客人要 / 我们街上要求有 / 店里想要 + 停车证 / 居民卡 / 访客通行证 / 车库位

passport = a passport = 护照
issue / renew / prepare / extend + my passport / the identity card / the travel document / the papers of my child
my passport / the identity card / the travel document / the paper of my child + has expired / is full / was stolen / got wet
办理 / 换发 / 准备 / 延期 + 我的护照 / 身份证 / 旅行证件 / 孩子的证件
我的护照 / 身份证 / 旅行证件 / 孩子的证件 + 过期了 / 用满了 / 被偷了 / 弄湿了

tax = a tax form = 税表
send / fill in / check / file + the tax form / my tax return / the declaration / the tax letter
I do not understand / yesterday I got / my neighbour asks about / I am late with + the tax form / my tax return / the declaration / the tax letter
寄来 / 填写 / 检查 / 提交 + 税表 / 报税单 / 申报单 / 税务信
我看不懂 / 昨天我收到 / 邻居问起 / 我没按时交 + 税表 / 报税单 / 申报单 / 税务信

lost = a lost thing = 失物招领
look for / keep / find / hand out + my umbrella / the lost wallet / a black hat / the glasses
I left / my friend forgot / a child lost / on the bench lies + an umbrella / a wallet / a black hat / a pair of glasses
寻找 / 保管 / 找到 / 发还 + 我的雨伞 / 丢的钱包 / 黑帽子 / 眼镜
我落下了 / 朋友忘了 / 孩子丢了 / 长椅上有 + 雨伞 / 钱包 / 黑帽子 / 眼镜

road = a road problem = 道路问题
repair / close / clean / look at + the road / the hole in the street / the bridge / the bicycle lane
the road / the street in front of us / the bridge / the bicycle lane + has a hole / is blocked / is full of ice / is too dark
修 / 封闭 / 清扫 / 查看 + 道路 / 街上的坑 / 桥 / 自行车道
道路 / 门前的街 / 桥 / 自行车道 + 有个坑 / 堵住了 / 全是冰 / 太暗
"""


def _blocks(topic: str, text: str) -> tuple[Intent, ...]:
    return tuple(intent(topic, block) for block in text.strip().split("\n\n"))


TOPIC_INTENTS: dict[str, tuple[Intent, ...]] = {
    "travel": _blocks("travel", _TRAVEL),
    "home": _blocks("home", _HOME),
    "health": _blocks("health", _HEALTH),
    "study": _blocks("study", _STUDY),
    "machines": _blocks("machines", _MACHINES),
    "leisure": _blocks("leisure", _LEISURE),
    "city": _blocks("city", _CITY),
}
