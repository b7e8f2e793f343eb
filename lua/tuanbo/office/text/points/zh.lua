-- 中文，工作台：自提点和售后。

return {
    ["points.title"] = "自提点",
    ["points.none"] = "还没有自提点。",
    ["points.no_phone"] = "没写电话",
    ["points.new"] = "添一个自提点",
    ["points.new.do"] = "添上",
    ["points.edit"] = "改自提点",
    ["points.edit.do"] = "保存",
    ["field.pickup.name"] = "叫什么",
    ["field.pickup.address"] = "在哪里",
    ["field.pickup.phone"] = "电话",
    ["field.pickup.phone.hint"] = "邻居看得到，找不到货时打这个。",
    ["field.pickup.leader"] = "团长",
    ["field.pickup.day"] = "哪天能取",
    ["field.pickup.hours"] = "几点到几点能取",
    ["field.pickup.note"] = "还要说的",
    ["field.pickup.delivery_weekdays"] = "哪几天送货（不勾就是每天）",
    ["field.pickup.region"] = "片区",
    ["field.pickup.route"] = "线路",
    ["field.pickup.stop"] = "线路上第几站",

    ["rules.edit"] = "售后规矩",
    ["rules.title"] = "售后规矩",
    ["rules.edit.do"] = "保存",
    ["field.rules.claim"] = "坏了怎么赔",
    ["field.rules.claim.hint"] = "商品自己没写的，都用这一句。",
    ["field.rules.not_collected"] = "没人来取的怎么办",
    ["field.rules.cancel_ms"] = "新开的，付了以后多久可以反悔",

    ["records.unfit"] = "有法律不许说、或要小心的词，打开看看",
}
