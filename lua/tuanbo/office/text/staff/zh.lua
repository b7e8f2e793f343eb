-- 中文，工作台：谁在这里做事。

return {
    ["desk.staff"] = "谁在这里做事",
    ["desk.staff.link"] = "{name}的登录链接",
    ["desk.staff.link.how"] = "发给本人，或者让本人扫一扫。{when} 以前有效，只能用一次。离开这一页就看不到了，可以再发一个。",
    ["desk.staff.qr"] = "登录链接的二维码",
    ["desk.staff.invite"] = "发一个登录链接",
    ["desk.staff.stop"] = "不在这里做了",
    ["desk.staff.stop.what"] = "{name}的手机马上都不能再用工作台。",
    ["desk.staff.stop.do"] = "确定",
    ["desk.staff.add"] = "添一个人",
    ["desk.staff.add.do"] = "添上，并发登录链接",
    ["desk.staff.name"] = "怎么称呼",
    ["desk.staff.roles"] = "做什么",
    ["desk.staff.points"] = "管哪些自提点（团长要选）",
    ["desk.staff.wrong.last_owner"] = "店里总要有一位店主。先添一位，再停这一位。",
    ["desk.staff.wrong.bad_request"] = "没有添上：要写称呼，至少选一样做什么。",
    ["desk.staff.wrong.failed"] = "没有改成，请过一会儿再试。",
    ["desk.device.since"] = "{when} 登录",
    ["desk.device.this"] = "就是这一台",
    ["desk.device.revoke"] = "停用这台",
}
