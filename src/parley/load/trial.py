"""A trial: which envelopes of a segment kill an engine, or need more than one has.

The engine that is risked is another process's, on a scratch folder. Ranges are halved until each
culprit stands alone, so a segment of thousands of envelopes takes some dozen loads.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

import parley
from parley.journal import Segment, read_envelopes
from parley.store import MEMORY_BYTES

__all__ = ["Culprit", "Trial", "TrialFailed", "TrialLimits"]

START_SECONDS = 120.0
PACKAGE_PARENT = Path(parley.__file__).resolve().parent.parent


class TrialFailed(Exception):
    """The trial could not be held (no room, no process, stopped): nothing is known, try later."""


class TrialLimits(Struct, frozen=True, kw_only=True):
    """What loading one envelope may take at most.

    Less memory than the server's engine has: what is found innocent must fit beside its queries.
    """

    memory_bytes: int = MEMORY_BYTES - 200_000_000
    cpu_seconds: int = 120
    wall_seconds: float = 300.0


class Culprit(Struct, frozen=True):
    """An envelope by its place in the segment, and what it does: see journal.CAUSES."""

    place: int
    cause: str
    reason: str


class Trial:
    """One trial of one segment. `run` blocks; `stop` ends it from another thread."""

    def __init__(self, segment: Segment, limits: TrialLimits) -> None:
        self.segment = segment
        self._limits = limits
        self._judge: subprocess.Popen[str] | None = None
        self._stopped = threading.Event()
        self._overdue = False
        self.judges = 0  # processes started

    def run(self) -> list[Culprit]:
        """Returns the culprits in order. Raises TrialFailed."""
        count = sum(1 for _ in read_envelopes(self.segment.path))
        culprits: list[Culprit] = []
        waiting = [(0, count)] if count else []
        try:
            while waiting:
                with self._scratch() as folder:
                    self._use_judge(folder, waiting, culprits)
        except OSError as error:
            raise TrialFailed(str(error)) from error
        return sorted(culprits, key=lambda culprit: culprit.place)

    def stop(self) -> None:
        """Ends the trial; `run` raises TrialFailed."""
        self._stopped.set()
        if self._judge is not None:
            self._judge.kill()

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="trial-", dir=self.segment.path.parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _use_judge(
        self, folder: Path, waiting: list[tuple[int, int]], culprits: list[Culprit]
    ) -> None:
        """Tries the ranges that wait, until none does or the judge is dead."""
        limits = self._limits
        command = [sys.executable, "-P", "-m", "parley.load.judge", str(folder), self.segment.kind]
        command += [str(self.segment.path), str(limits.memory_bytes), str(limits.cpu_seconds)]
        # The very modules that run here, from wherever they were imported.
        paths = [PACKAGE_PARENT, os.environ.get("PYTHONPATH", "")]
        self._judge = judge = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(str, paths)))},
        )
        self.judges += 1
        try:
            if self._hear(judge, START_SECONDS) != "ready":
                raise TrialFailed(f"no engine for the trial: exit status {judge.wait()}")
            while waiting:
                first, last = waiting.pop()
                answer = self._ask(judge, first, last)
                if self._stopped.is_set():
                    raise TrialFailed("stopped")
                is_dead = answer == ""
                cause, _, reason = answer.partition(" ")
                if is_dead:
                    cause, reason = self._death(judge)
                if cause != "ok" and last - first == 1:
                    culprits.append(Culprit(first, cause, reason))
                elif cause != "ok":
                    middle = (first + last) // 2
                    waiting += [(middle, last), (first, middle)]
                if is_dead:
                    return
        finally:
            judge.kill()
            judge.communicate()

    def _ask(self, judge: subprocess.Popen[str], first: int, last: int) -> str:
        assert judge.stdin is not None
        with suppress(BrokenPipeError):
            judge.stdin.write(f"{first} {last}\n")
            judge.stdin.flush()
        return self._hear(judge, self._limits.wall_seconds)

    def _hear(self, judge: subprocess.Popen[str], seconds: float) -> str:
        """Returns the judge's next line, "" when it is dead, of old age perhaps."""
        assert judge.stdout is not None
        self._overdue = False
        timer = threading.Timer(seconds, self._call_time, [judge])
        timer.daemon = True
        timer.start()
        try:
            line = judge.stdout.readline()
        finally:
            timer.cancel()
        if self._stopped.is_set():
            raise TrialFailed("stopped")
        return line.strip() if line.endswith("\n") else ""

    def _call_time(self, judge: subprocess.Popen[str]) -> None:
        self._overdue = True
        judge.kill()

    def _death(self, judge: subprocess.Popen[str]) -> tuple[str, str]:
        """Returns (cause, words) for the end of a judge."""
        status = judge.wait()
        if self._overdue:
            return "time", f"loading it takes longer than {self._limits.wall_seconds:.0f} s"
        if status == -signal.SIGXCPU:
            return "time", f"loading it takes more than {self._limits.cpu_seconds} s of CPU"
        if status < 0:
            return "killed", f"loading it ends the process by {signal.Signals(-status).name}"
        return "killed", f"loading it ends the process with status {status}"
