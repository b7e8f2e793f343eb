-- 中文，工作台：直播间。

return {
    ["rooms.title"] = "直播间",
    ["rooms.none"] = "还没有场次。店主先添一场。",
    ["rooms.state.scheduled"] = "还没开播",
    ["rooms.state.live"] = "正在直播",
    ["rooms.state.ended"] = "播完了",
    ["rooms.viewers"] = "{count} 人在看",
    ["rooms.start"] = "开播",
    ["rooms.stop"] = "结束直播",
    ["rooms.stop.what"] = "结束了，邻居那边会写“播完了”。没截单的还能买；下次还能再开。",
    ["rooms.sales"] = "这一场的货",
    ["rooms.sales.none"] = "这一场还没有货。改接龙的时候选上这一场。",
    ["rooms.counts"] = "还剩 {free}，卖了 {sold}",
    ["rooms.pin"] = "讲这个",
    ["rooms.pinned"] = "正在讲",
    ["rooms.unpin"] = "讲完了",
    ["rooms.look"] = "看看邻居看到的",
    ["rooms.wrong"] = "没看懂点的是哪一个，再点一次。",
    ["rooms.already"] = "刚才有人先点了，现在是这样。",
}
