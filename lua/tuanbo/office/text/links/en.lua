-- English, the desk: which links bring neighbours.

return {
    ["links.title"] = "Where neighbours come from",
    ["links.how"] = "The last 7 days. Counts of people, not who they are.",
    ["links.point"] = "The poster of {point}",
    ["links.share"] = "Links that neighbours passed on",
    ["links.flyer"] = "Pictures that were passed on",
    ["links.came"] = { one = "one came", other = "{count} came" },
    ["links.bought"] = { one = "one has bought in these days",
                         other = "{count} have bought in these days" },
    ["links.taken"] = { one = "A link was copied or sent once.",
                        other = "Links were copied or sent {count} times." },
    ["links.none"] = "Nobody has come by a link with a label yet.",
    ["links.away"] = "Who has bought cannot be looked up now. Look again "
                     .. "in a while.",
    ["links.own"] = "Put ?via=LABEL behind a link of your own, and it is "
                    .. "counted here: ?via=group1 (a-z, 0-9, -).",
    ["links.part"] = "There is too much: only a part was counted.",
}
