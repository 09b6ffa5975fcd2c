SELECT count() {{exported}}
