"""CPU and memory of a running server, from /proc: which thread did how much."""

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path

__all__ = ["Watch"]

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.25
# Python's names of threads -> the stage that they work for.
STAGES = {
    "MainThread": "receive",
    "parley-journal": "journal",
    "load": "load",
    "derive": "derive",
}


class Watch:
    """Samples a process until it is stopped. Threads that ended keep what they had used."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._first = cpu_of_threads(pid)
        self._last = dict(self._first)
        self._names: dict[int, str] = {}
        self._stop = threading.Event()
        self.peak_bytes = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        self._last.update(cpu_of_threads(self._pid))
        self.peak_bytes = max(self.peak_bytes, resident_bytes(self._pid))

    def stop(self) -> None:
        """Ends the sampling; names the threads that still live."""
        self._stop.set()
        self._thread.join()
        self._sample()
        self._names = thread_names(self._pid)

    def cpu_seconds(self) -> dict[str, float]:
        """Returns the CPU time of each stage since the watch began, and of all under "all".

        "pool" are threads that inflate, decode JSON and ask questions. Threads of the engine cannot
        be told apart: they are under "engine", whoever asked.
        """
        found: dict[str, float] = defaultdict(float)
        for thread, seconds in self._last.items():
            name = self._names.get(thread, "")
            stage = STAGES.get(name, "pool") if name else "engine"
            spent = seconds - self._first.get(thread, 0.0)
            found[stage] += spent
            found["all"] += spent
        return dict(found)


def cpu_of_threads(pid: int) -> dict[int, float]:
    """Returns the CPU seconds, user and system, of each living thread."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has just ended
            continue
        found[int(task.name)] = (int(fields[11]) + int(fields[12])) * TICK_SECONDS
    return found


def thread_names(pid: int) -> dict[int, str]:
    """Returns Python's name of each of its threads; nothing where py-spy may not look."""
    command = [str(Path(sys.executable).with_name("py-spy")), "dump", "--json", "--pid", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"(stages unknown: py-spy may not look at the server: {done.stderr.strip()[:100]})")
        return {}
    return {item["os_thread_id"]: item["thread_name"] for item in json.loads(done.stdout)}


def resident_bytes(pid: int) -> int:
    """Returns resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
