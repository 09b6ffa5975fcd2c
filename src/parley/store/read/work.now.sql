-- The engine's clock, in nanoseconds.
SELECT toUInt64(toUnixTimestamp64Nano(now64(9)))
