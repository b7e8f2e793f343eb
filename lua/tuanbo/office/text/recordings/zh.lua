-- 中文，工作台：录播。

return {
    ["recordings.title"] = "录播",
    ["recordings.none"] = "这一场还没有录下什么。",
    ["recordings.what"] = "下播以后，邻居在直播间能再看一遍，只有开播到下播之间的。",
    ["recordings.size"] = "{minutes} 分钟，{mb} MB",
    ["recordings.remove"] = "删掉",
    ["recordings.remove.what"] = "删了就没有了，邻居也看不到了。",
    ["recordings.remove.do"] = "删掉这一段",
    ["recordings.done"] = "删掉了。",
    ["recordings.wrong"] = "没有删成：这一段已经不在了。请看看下面。",
    ["recordings.look"] = "看邻居的页面",
    ["recordings.back"] = "回到直播间",
}
