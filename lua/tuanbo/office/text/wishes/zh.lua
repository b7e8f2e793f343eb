-- 中文，工作台：等下一批的。

return {
    ["wishes.title"] = "等下一批的",
    ["wishes.how"] = "卖完或截止以后，点了“下一批叫我”的人数，最近 60 天。开卖以后，他们打开本店就会看到。",
    ["wishes.line"] = "{count} 位在等，最近一位 {when}",
    ["wishes.none"] = "还没有人在等。",
    ["wishes.part"] = "记录太多，只数了一部分。",
    ["wishes.bring"] = "照上周的再上架",
}
