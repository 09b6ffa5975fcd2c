last_activity_at >= fromUnixTimestamp64Nano({before_ns:Int64}, 'UTC') AND started_at <= fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
