"""Work in several processes: big items first and then even chunks, and no result is lost with a process.

A worker that dies costs nothing but time: what it had is done again, each item by itself. An item that brings down a
second worker is given up. Workers end with the process that started them, whatever ends that.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

_CHUNKS = 16
"""Chunks for every process: the more, the evener is the end; the fewer, the less is sent around."""

_SMALLEST, _LARGEST = 1 << 14, 1 << 19
"""What the sizes of a chunk sum up to, between these."""

_TICK = 0.2
"""Seconds after which one who watches hears that work goes on."""

_PATIENCE = 2.0
"""Seconds that a worker has to end when it is told to."""


class WorkerDied(Exception):
    """An item brought down two workers; says how the second one ended."""


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that ended before its work, and how many items are done again for it."""

    reason: str
    items: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    numbers: tuple[int, ...]
    again: bool = False


@dataclass(slots=True)
class Pool(Generic[Item, Value]):
    """Applies a function to items; `function` must be one that can be pickled where processes are not forked.

    `sizes` say how much work each item is. `watch` is called with the number of items done, and while nothing ends;
    `died` with each worker that ended before its work.
    """

    function: Callable[[Item], Value]
    items: Sequence[Item]
    sizes: Sequence[int]
    jobs: int
    watch: Callable[[int], None] = lambda done: None
    died: Callable[[Death], None] = lambda death: None
    _workers: dict[Connection, tuple[BaseProcess, _Chunk]] = field(default_factory=dict, init=False)

    def __iter__(self) -> Iterator[tuple[int, Value | Exception]]:
        """The number of each item and its value, or what the function raised, as they come; chunks out of order."""
        pending = deque(_chunks(self.sizes, self.jobs))
        done = 0
        try:
            while pending or self._workers:
                while pending and len(self._workers) < self.jobs:
                    if not self._start(pending[0]):
                        break
                    pending.popleft()
                if not self._workers:
                    pairs = [self._here(number) for number in pending.popleft().numbers]
                    done += len(pairs)
                    yield from pairs
                for connection in wait(list(self._workers), _TICK):
                    assert isinstance(connection, Connection)
                    pairs = self._received(connection, pending)
                    done += len(pairs)
                    yield from pairs
                self.watch(done)
        finally:
            self._stop()

    def _here(self, number: int) -> tuple[int, Value | Exception]:
        return number, _applied(self.function, self.items[number])

    def _start(self, chunk: _Chunk) -> bool:
        """Start a worker with its first chunk; whether the system lets us."""
        ours, theirs = multiprocessing.Pipe()
        others = [ours, *self._workers]
        words = (self.function, self.items, theirs, others if multiprocessing.get_start_method() == "fork" else [])
        process = multiprocessing.Process(target=_work, args=words, daemon=True)
        try:
            with _uninterrupted():
                process.start()
        except OSError:
            ours.close()
            return False
        finally:
            theirs.close()
        self._workers[ours] = (process, chunk)
        self._send(ours, chunk.numbers)
        return True

    def _received(self, connection: Connection, pending: deque[_Chunk]) -> list[tuple[int, Value | Exception]]:
        """What a worker has done; then it gets the next chunk, or ends."""
        process, chunk = self._workers[connection]
        try:
            values = connection.recv()
        except Exception:  # The end of the pipe, or half of a message that cannot be read.
            return self._buried(connection, pending)
        if pending:
            self._workers[connection] = (process, pending.popleft())
            self._send(connection, self._workers[connection][1].numbers)
        else:
            del self._workers[connection]
            connection.close()
            process.join(_PATIENCE)
        return list(zip(chunk.numbers, values, strict=True))

    def _buried(self, connection: Connection, pending: deque[_Chunk]) -> list[tuple[int, Value | Exception]]:
        """Give the chunk of a dead worker back, item by item; or give it up where that was done before."""
        process, chunk = self._workers.pop(connection)
        connection.close()
        _end(process)
        reason = _reason(process.exitcode)
        if chunk.again:
            return [(number, WorkerDied(reason)) for number in chunk.numbers]
        self.died(Death(reason, len(chunk.numbers)))
        pending.extendleft(_Chunk((number,), again=True) for number in reversed(chunk.numbers))
        return []

    def _send(self, connection: Connection, numbers: tuple[int, ...]) -> None:
        try:
            connection.send(numbers)
        except OSError:
            return  # It is dead, which is noticed when its answer is read.

    def _stop(self) -> None:
        """End all workers, however far they are."""
        for connection, (process, _) in self._workers.items():
            connection.close()
            process.terminate()
        for process, _ in self._workers.values():
            _end(process)
        self._workers.clear()


def _work(
    function: Callable[[Any], Any], items: Sequence[Any], connection: Connection, others: Sequence[Connection]
) -> None:
    """What a worker does: it ends when the other end of its connection is closed, and never by itself at Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    try:
        while True:
            connection.send([_applied(function, items[number]) for number in connection.recv()])
    except (EOFError, OSError):
        os._exit(0)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back, where the system can: a process that starts here never hears of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _applied(function: Callable[[Item], Value], item: Item) -> Value | Exception:
    try:
        return function(item)
    except Exception as error:
        return error


def _chunks(sizes: Sequence[int], jobs: int) -> Iterator[_Chunk]:
    """Items that are a chunk of their own, the biggest first; then the others in even chunks, in their order."""
    target = min(max(sum(sizes) // (jobs * _CHUNKS), _SMALLEST), _LARGEST)
    big = sorted((number for number, size in enumerate(sizes) if size >= target), key=lambda number: -sizes[number])
    yield from (_Chunk((number,)) for number in big)
    numbers: list[int] = []
    filled = 0
    for number, size in enumerate(sizes):
        if size >= target:
            continue
        if filled + size > target and numbers:
            yield _Chunk(tuple(numbers))
            numbers, filled = [], 0
        numbers.append(number)
        filled += size
    if numbers:
        yield _Chunk(tuple(numbers))


def _end(process: BaseProcess) -> None:
    process.join(_PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()


def _reason(code: int | None) -> str:
    """How a process ended."""
    if code is None or code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
