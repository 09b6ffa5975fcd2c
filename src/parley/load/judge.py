"""The process of a trial: an engine on a scratch folder that loads what it is told to.

Run as `python -m parley.load.judge FOLDER KIND SEGMENT MEMORY_BYTES CPU_SECONDS`. It says
`ready`, then reads lines `first last` and answers each with `ok`, `unreadable …` or `memory …`. It
may die at any of them: that is what it is for.
"""

import math
import os
import resource
import sys
from pathlib import Path

from parley.journal import read_envelopes, varint
from parley.load.sift import sift, words_of
from parley.store import Store, StoreOutOfMemory, StoreUnreadable

__all__ = ["ADDRESS_BYTES_FACTOR", "main"]

# The engine reserves addresses it never uses; a wild allocation is far beyond any factor.
ADDRESS_BYTES_FACTOR = 8


def main(folder: Path, kind: str, segment: Path, memory_bytes: int, cpu_seconds: int) -> None:
    """Answers until the parent closes the pipe."""
    address_bytes = ADDRESS_BYTES_FACTOR * memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (address_bytes, address_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    envelopes = list(read_envelopes(segment))
    store = Store.open(folder / "engine", memory_bytes=memory_bytes)
    part = folder / "part"
    answers.write("ready\n")
    for line in sys.stdin:
        first, last = map(int, line.split())
        allow_cpu(cpu_seconds)
        with part.open("wb") as file:
            for envelope in envelopes[first:last]:
                file.write(varint(len(envelope)) + envelope)
        try:
            if last - first == 1:
                sift(store, kind, envelopes[first:last], folder, refuse)
            else:
                store.load_segment(kind, part)
        except StoreUnreadable as error:
            answers.write(f"unreadable {words_of(error)}\n")
        except StoreOutOfMemory as error:
            answers.write(f"memory {words_of(error)}\n")
        else:
            answers.write("ok\n")
    store.close()


def refuse(_: bytes, reason: str) -> None:
    """Raises what the engine said: there is only one envelope."""
    raise StoreUnreadable(reason)


def allow_cpu(seconds: int) -> None:
    """Lets the system end this process (SIGXCPU) after so many more seconds of computing.

    Should the parent be gone, nobody else would.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(usage.ru_utime + usage.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
