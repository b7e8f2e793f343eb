-- 中文，工作台：手机当相机。

return {
    ["camera.title"] = "用这部手机拍",
    ["camera.own"] = "这部手机拍到的",
    ["camera.scripts"] = "这一页要用手机自带的浏览器打开。",
    ["camera.start"] = "开始送画面",
    ["camera.stop"] = "停",
    ["camera.turn"] = "换镜头",
    ["camera.what"] = "手机横着拿，接上充电器，这一页一直开着。别的事用另一部手机，或者在另一页做：画面只在这一页开着时送。",
    ["camera.back"] = "打开主播页",
    ["camera.cannot"] = "这个浏览器拍不了。请用安卓的 Chrome，或者 iPhone 自带的 Safari（系统 17 以上）打开；再不行，用推流软件（OBS，或者手机上的 Larix Broadcaster），地址和密钥在主播页“用推流软件开播”里。",
    ["camera.refused"] = "没有拍成：请准许这一页用相机和话筒，再打开一次。",
    ["camera.sending"] = "正在送画面。",
    ["camera.slow"] = "网太慢，画面可能会卡。",
    ["camera.lost"] = "断了一下，正在接上。",
    ["camera.taken"] = "已经有一路画面在送了：先停那一路。",
    ["camera.busy"] = "现在别的场次在用相机，正在等。",
    ["camera.away"] = "网断了，正在接上。",
    ["camera.wrong_key"] = "这一页旧了，请重新打开。",
    ["camera.expired"] = "这一页开得太久，请重新打开。",
    ["camera.over"] = "停了。",
}
