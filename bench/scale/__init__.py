"""A store of any size, made of SQL alone: what `scripts/bench scale` fills and measures."""
