"""The command line: parley serve, demo, sessions, prices, prompts, doctor.

May import everything below it. Refuses to know how an answer is found: `sessions`, `prices`,
`prompts` and `doctor unknown` speak HTTP like any other client; the rest of `doctor` opens a data
folder, and only when no server holds it.
"""

from parley.cli.main import main

__all__ = ["main"]
