"""What people of the sample organisation ask for: the intents of its three departments, in English and Chinese.

An intent is worded by composition. A *request* is a verb and an object ("send back" + "my money"), a *situation*
is an opening and a complement ("the parcel" + "is three days late"); each intent has four of each, in both languages,
so that there are 32 wordings an intent and language before frames, modifiers and politeness are added.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Composition:
    """Wordings made of two parts; `first[i] + second[j]` is wording (i, j)."""

    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True)
class Intent:
    """One thing that is wanted, with its canonical label and its wordings in both languages."""

    key: str
    topic: str
    label: dict[str, str]
    request: dict[str, Composition]
    situation: dict[str, Composition]


def intent(topic: str, line: str) -> Intent:
    """Read an intent from six lines: 'key = label = label zh', then request and situation, English then Chinese."""
    head, *rows = (row.strip() for row in line.strip().splitlines())
    key, english, chinese = (part.strip() for part in head.split("="))
    request_en, situation_en, request_zh, situation_zh = (_composition(row) for row in rows)
    return Intent(
        key=f"{topic}.{key}",
        topic=topic,
        label={"en": english, "zh": chinese},
        request={"en": request_en, "zh": request_zh},
        situation={"en": situation_en, "zh": situation_zh},
    )


def _composition(row: str) -> Composition:
    first, second = row.split("+")
    return Composition(_parts(first), _parts(second))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("/"))


_SUPPORT = """
refund = a refund = 退款
pay back / refund / return / send back + my money / the price / what I paid / the full amount
I am still waiting for / I never got / I have a right to / nobody has sent me + my money back / the refund / the repayment / the sum I paid
退还 / 退回 / 返还 / 退 + 我的钱 / 货款 / 付的款 / 全部金额
我还在等 / 一直没收到 / 我有权要回 / 没人给我 + 退的钱 / 退款 / 返还的货款 / 付出去的钱

late = a late parcel = 包裹延误
trace / look for / find / track + my parcel / the package / the delivery / my shipment
the parcel / my package / the delivery / the shipment + is late / has not arrived / is still on the road / should have been here days ago
查一下 / 追踪 / 找找 / 跟进 + 我的包裹 / 快递 / 送货情况 / 物流进度
包裹 / 快递 / 我的货 / 寄来的东西 + 还没到 / 晚了好几天 / 一直在路上 / 早就该送到了

damaged = a damaged item = 商品损坏
replace / repair / fix / look at + the broken item / the damaged product / the faulty device / the cracked part
the item / the product / the device / what you sent me + is broken / arrived damaged / does not work / came with a crack
更换 / 维修 / 修好 / 检查 + 坏的商品 / 损坏的产品 / 有毛病的机器 / 裂开的零件
商品 / 产品 / 机器 / 你们寄来的货 + 坏了 / 到手就是破的 / 不能用 / 有裂缝

login = login help = 登录帮助
reset / unlock / restore / recover + my password / my account / my login / the access code
I cannot / I am unable to / since today I cannot / my wife cannot + log in / open my account / sign in / get past the password page
重置 / 解锁 / 恢复 / 找回 + 我的密码 / 我的账号 / 登录权限 / 口令
我没法 / 我不能 / 今天起我无法 / 我太太不能 + 登录 / 打开账号 / 进入系统 / 通过密码页面

address = a new address = 修改地址
change / update / correct / replace + my address / the street name / the delivery address / the house number
I have / we have / our family has / the office has + moved house / a new address / changed the street / another place to deliver to
修改 / 更新 / 更正 / 换一下 + 我的地址 / 街道名 / 收货地址 / 门牌号
我 / 我们 / 我家 / 办公室 + 搬家了 / 有了新地址 / 换了街道 / 要改送货的地方

cancel = a cancelled order = 取消订单
cancel / stop / withdraw / call off + my order / the purchase / what I ordered / the order of today
I no longer want / I do not need / I changed my mind about / I ordered by mistake + this order / the purchase / the things in my order / what I bought
取消 / 停掉 / 撤回 / 撤销 + 我的订单 / 这次购买 / 我下的单 / 今天的订单
我不想要 / 我不需要 / 我反悔了，不要 / 我误下了 + 这个订单 / 这次购买的东西 / 单子里的货 / 我买的那一单

size = an exchange = 换货
exchange / swap / change / switch + the size / the colour / it for a bigger one / the model I got
the shirt / the jacket / the pair of shoes / what I got + is too small / has the wrong colour / does not fit / should be one size larger
换 / 调换 / 改换 / 对换 + 尺码 / 颜色 / 一件大一点的 / 另一个型号
衬衫 / 外套 / 鞋子 / 收到的衣服 + 太小了 / 颜色不对 / 不合身 / 应该大一号

coupon = a discount problem = 优惠问题
apply / accept / activate / check + my coupon / the discount / the voucher / the gift card
the coupon / my voucher / the gift card / the promotion code + is refused / gives no discount / does not count / was not taken off the price
使用 / 接受 / 激活 / 核对 + 我的优惠券 / 折扣 / 代金券 / 礼品卡
优惠券 / 代金券 / 礼品卡 / 促销码 + 不能用来打折 / 没有优惠 / 不算数 / 没有减价
"""

_FINANCE = """
travel = a travel cost = 差旅费
book / record / post / enter + the train ticket / the flight / the hotel night / the taxi ride
we paid for / I spent money on / the team bought / a colleague paid for + a train ticket / a flight / a hotel night / a taxi ride
记账 / 登记 / 入账 / 录入 + 火车票 / 机票 / 住宿费 / 打车费
我们付了 / 我花钱买了 / 团队支付了 / 同事垫了 + 火车票 / 机票 / 住宿费 / 打车费

meals = a meal cost = 餐费
book / record / post / enter + the team lunch / the dinner with clients / the restaurant bill / the coffee and cakes
we paid for / I spent money on / the team bought / a colleague paid for + a team lunch / a dinner with clients / a restaurant bill / coffee and cakes
记账 / 登记 / 入账 / 录入 + 团队午餐 / 招待客户的晚饭 / 饭店账单 / 咖啡和点心
我们付了 / 我花钱买了 / 团队支付了 / 同事垫了 + 团队午餐 / 招待客户的晚饭 / 饭店账单 / 咖啡和点心

office = an office supply = 办公用品
book / record / post / enter + the printer paper / the pens / the folders / the desk lamps
we paid for / I spent money on / the team bought / a colleague paid for + printer paper / some pens / new folders / two desk lamps
记账 / 登记 / 入账 / 录入 + 打印纸 / 签字笔 / 文件夹 / 台灯
我们付了 / 我花钱买了 / 团队支付了 / 同事垫了 + 打印纸 / 签字笔 / 文件夹 / 台灯

software = a software cost = 软件费
book / record / post / enter + the software licence / the cloud storage / the app subscription / the antivirus program
we paid for / I spent money on / the team bought / a colleague paid for + a software licence / cloud storage / an app subscription / an antivirus program
记账 / 登记 / 入账 / 录入 + 软件许可 / 云存储 / 应用订阅 / 杀毒程序
我们付了 / 我花钱买了 / 团队支付了 / 同事垫了 + 软件许可 / 云存储 / 应用订阅 / 杀毒程序

rent = a rent cost = 租金
book / record / post / enter + the office rent / the rent of the hall / the parking space / the monthly lease
we paid for / I spent money on / the team took over / a colleague paid for + the office rent / the rent of the hall / a parking space / the monthly lease
记账 / 登记 / 入账 / 录入 + 办公室租金 / 场地租金 / 停车位费用 / 每月的租约款
我们付了 / 我花钱交了 / 团队支付了 / 同事垫了 + 办公室租金 / 场地租金 / 停车位费用 / 每月的租约款

hardware = an equipment cost = 设备费
book / record / post / enter + the laptop / the new server / the monitor / the phone headset
we paid for / I spent money on / the team bought / a colleague paid for + a laptop / a new server / a monitor / a phone headset
记账 / 登记 / 入账 / 录入 + 笔记本电脑 / 新服务器 / 显示器 / 耳机
我们付了 / 我花钱买了 / 团队支付了 / 同事垫了 + 笔记本电脑 / 新服务器 / 显示器 / 耳机

course = a training cost = 培训费
book / record / post / enter + the course fee / the workshop / the language class / the exam fee
we paid for / I spent money on / the team took / a colleague paid for + a course / a workshop / a language class / an exam fee
记账 / 登记 / 入账 / 录入 + 课程费 / 研讨班费用 / 语言课 / 考试费
我们付了 / 我花钱上了 / 团队支付了 / 同事垫了 + 课程费 / 研讨班费用 / 语言课 / 考试费

repair = a maintenance cost = 维修费
book / record / post / enter + the heating repair / the cleaning / the lift inspection / the new window glass
we paid for / I spent money on / the team ordered / a colleague paid for + a heating repair / the cleaning / a lift inspection / new window glass
记账 / 登记 / 入账 / 录入 + 暖气维修 / 保洁服务 / 电梯检查 / 换玻璃的钱
我们付了 / 我花钱做了 / 团队支付了 / 同事垫了 + 暖气维修 / 保洁服务 / 电梯检查 / 换玻璃的钱
"""

_HR = """
leave = annual leave = 年假
approve / grant / plan / register + annual leave / a holiday / a week off / vacation days
I would like / I plan / my family wants / next month I take + annual leave / a holiday / a week off / some vacation days
批准 / 同意 / 安排 / 登记 + 年假 / 度假 / 休息一周 / 带薪假期
我想休 / 我打算休 / 家里希望我休 / 下个月我要休 + 年假 / 假去度假 / 一周的假 / 带薪假期

sick = sick leave = 病假
report / note / register / record + my illness / a sick day / the doctor's note / my fever
today I have / since Monday I have / I stay at home with / the doctor found + an illness / a sick day / a bad cold / a high fever
上报 / 记录 / 登记 / 备案 + 我的病情 / 一天病假 / 医生证明 / 发烧的情况
今天我 / 周一起我 / 我在家，因为 / 医生说我 + 生病了 / 身体不舒服 / 重感冒 / 发高烧

pay = a payslip question = 工资问题
check / explain / correct / recalculate + my payslip / the salary / my wages / the tax on my pay
my payslip / the salary / my monthly pay / the wage note + looks wrong / is lower than before / has an error / shows too much tax
核对 / 解释 / 更正 / 重算 + 工资条 / 薪水 / 我的工资 / 工资里的税
我的工资条 / 薪水 / 这个月的工资 / 工资单 + 不对 / 比以前少 / 有错误 / 扣税太多

hire = a new colleague = 新人入职
welcome / prepare for / set up / enrol + a new colleague / the new hire / our new team member / the person who starts soon
we expect / our team gets / on Monday we welcome / I signed + a new colleague / the new hire / a new team member / somebody who starts soon
迎接 / 准备接待 / 安排 / 登记 + 新同事 / 新员工 / 新来的组员 / 马上入职的人
我们要来 / 团队会有 / 周一要来 / 我签下了 + 新同事 / 新员工 / 新组员 / 马上入职的人

quit = a resignation = 离职
accept / confirm / register / process + my resignation / my notice / my last day / my leaving the company
I want to / I decided to / with regret I / next month I will + resign / quit my job / hand in my notice / leave the company for good
接受 / 确认 / 登记 / 办理 + 我的辞职 / 辞呈 / 最后工作日 / 我离开公司的手续
我想 / 我决定 / 很遗憾我要 / 下个月我要 + 辞职 / 离职 / 递交辞呈 / 永远离开公司

contract = a contract renewal = 续签合同
extend / renew / prolong / prepare + my contract / the work agreement / the fixed term / the contract that runs out
my contract / the work agreement / my fixed term / the employment paper + ends soon / must be renewed / runs out / should go on for another year
延长 / 续签 / 续上 / 准备 + 我的合同 / 劳动协议 / 固定期限 / 快到期的合同
我的合同 / 劳动协议 / 固定期限 / 聘用书 + 快到期了 / 需要续签 / 要结束了 / 应该再续一年

overtime = overtime = 加班
count / record / pay for / register + my overtime / the extra hours / the weekend shift / the late evenings
we worked / last week I did / the project needed / my boss ordered + overtime / extra hours / a weekend shift / long evenings at work
统计 / 记录 / 补算 / 登记 + 我的加班 / 额外工时 / 周末值班 / 晚上多干的时间
我们做了 / 上周我有 / 项目需要 / 老板安排了 + 加班 / 额外工时 / 周末值班 / 晚上多干的活

letter = a work certificate = 在职证明
write / issue / print / sign + a work certificate / an employment letter / a proof of employment / a letter for my bank
I need / my landlord wants / the embassy asks for / my bank needs + a work certificate / an employment letter / a proof of employment / a paper that says I work here
开具 / 出具 / 打印 / 签发 + 在职证明 / 工作证明 / 雇佣证明 / 给银行的证明信
我需要 / 房东要 / 使馆要求 / 银行需要 + 在职证明 / 工作证明 / 雇佣证明 / 说明我在这里上班的信
"""


def _blocks(topic: str, text: str) -> tuple[Intent, ...]:
    return tuple(intent(topic, block) for block in text.strip().split("\n\n"))


DEPARTMENT_INTENTS: dict[str, tuple[Intent, ...]] = {
    "support": _blocks("support", _SUPPORT),
    "finance": _blocks("finance", _FINANCE),
    "hr": _blocks("hr", _HR),
}
