-- 中文，工作台：自提点的海报。

return {
    ["posters.title"] = "海报",
    ["posters.of"] = "海报 · {point}",
    ["posters.how"] = "选 A4 纸打印，贴在自提点门口。",
    ["posters.back"] = "回到海报",
    ["posters.scan"] = "扫一扫，进店接龙",
    ["posters.where"] = "自提点：{point}",
    ["posters.price"] = "一个价格，人人一样",
}
