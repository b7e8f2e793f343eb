-- 中文，工作台：直播场次。

return {
    ["sessions.title"] = "直播场次",
    ["sessions.none"] = "还没有场次。",
    ["sessions.weekly"] = "每周{day} {clock}",
    ["sessions.new"] = "添一场",
    ["sessions.new.do"] = "添上",
    ["sessions.edit"] = "改这一场",
    ["sessions.edit.do"] = "保存",
    ["field.session.title"] = "叫什么",
    ["field.session.starts_at"] = "什么时候开始",
    ["field.session.ends_at"] = "什么时候结束",
    ["field.session.weekly"] = "每周都有",
    ["field.session.goods"] = "货的次序",
    ["field.session.scene"] = "哪种场合",
    ["field.session.weekly.hint"] = "到点一场播完，下周的一场自己添好。",
    ["field.session.host"] = "谁来播",
    ["field.session.about"] = "讲什么",
    ["field.session.on_camera"] = "正在讲哪一样",
    ["field.session.delivery_day"] = "哪天到货",
    ["field.session.delivery_days"] = "截单后几天到货",
}
