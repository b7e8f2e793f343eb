-- 中文，工作台：小区里的话。

return {
    ["notes.title"] = "小区里的话",
    ["notes.none"] = "还没有。节气、省钱妙招、小区通知，都可以写在这里。",
    ["notes.from_at"] = "{when} 起",
    ["notes.until_at"] = "到 {when}",
    ["notes.new"] = "写一条",
    ["notes.new.do"] = "放到首页",
    ["notes.edit"] = "改这一条",
    ["notes.edit.do"] = "保存",
    ["field.note.title"] = "标题",
    ["field.note.title.hint"] = "像“大雪了，买点冬枣”。",
    ["field.note.text"] = "说什么",
    ["field.note.from_at"] = "从什么时候起看得到（不写就是现在）",
    ["field.note.until_at"] = "到什么时候为止（不写就一直在）",
    ["field.note.rank"] = "排第几",
}
