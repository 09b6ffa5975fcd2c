(toUnixTimestamp64Nano(t.ended_at) - toUnixTimestamp64Nano(t.started_at)) / 1e6
