-- English, the desk: givings to those in a room who keep a condition.

return {
    ["grants.title"] = "To all who did it",
    ["grants.since"] = "Since {when}, in this session.",
    ["grants.who"] = "Who gets one",
    ["grants.word"] = "Said in a comment",
    ["grants.word.do"] = "See who said it",
    ["grants.minutes"] = "Watched for minutes",
    ["grants.minutes.do"] = "See who watched",
    ["grants.bought.do"] = "See who bought",
    ["grants.rule"] = "Say the condition first, then see who keeps it. Whoever "
                      .. "did it first comes first, one each for it, up to "
                      .. "what each may have.",
    ["grants.count"] = { one = "One did it:", other = "{count} did it:" },
    ["grants.between"] = ", ",
    ["grants.nobody"] = "Nobody yet.",
    ["grants.do"] = { one = "Give to this one",
                      other = "Give to these {count}" },
    ["grants.on"] = { one = "Give to the last one",
                      other = "Give to {count} more" },
    ["grants.done"] = { one = "Done: the first one has it.",
                        other = "Done: the first {count} have one." },
    ["grants.away"] = "This cannot be looked up now. Look again in a while.",
    ["grants.back"] = "Back to the session",
    ["grants.reason.word"] = "Said “{word}”",
    ["grants.reason.watched"] = { one = "Watched for a minute",
                                  other = "Watched for {count} minutes" },
    ["grants.reason.bought"] = "Bought in this session",
    ["grants.wrong.word"] = "It takes a word of a comment.",
    ["grants.wrong.minutes"] = "Minutes are a whole number, 1 to 600.",
}
