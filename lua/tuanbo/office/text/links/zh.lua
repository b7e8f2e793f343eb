-- 中文，工作台：哪个链接带来了邻居。

return {
    ["links.title"] = "邻居从哪来",
    ["links.how"] = "最近 7 天。只数人，不看是谁。",
    ["links.point"] = "{point} 的海报",
    ["links.share"] = "邻居转发的链接",
    ["links.flyer"] = "转发的图片",
    ["links.came"] = "来了 {count} 位",
    ["links.bought"] = "这几天买过的 {count} 位",
    ["links.taken"] = "链接被复制或发出去 {count} 次。",
    ["links.none"] = "还没有人从带记号的链接来。",
    ["links.away"] = "谁买过现在查不到，过一会儿再看。",
    ["links.own"] = "自己发链接，在后面加 ?via=记号，这里就数得到，比如 ?via=qun1（小写字母、数字、-）。",
    ["links.part"] = "记录太多，只数了一部分。",
}
