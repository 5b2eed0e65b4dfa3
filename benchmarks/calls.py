"""Where time goes: how often the app calls its stores, and how long that takes."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(slots=True)
class Calls:
    """Calls of watched objects: how many, and their seconds, those of calls side by side added up."""

    taken: dict[str, tuple[int, float]] = field(default_factory=dict)
    times: int = 0  # that somebody counted
    _counts: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch[T](self, name: str, store: T) -> T:
        """The same object; its methods are counted as `name.method`."""
        return cast("T", _Watched(self, name, store))

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the calls of the `with` block; others do not count."""
        self._counts = True
        try:
            yield
        finally:
            self._counts = False
            self.times += 1

    def clear(self) -> None:
        """Begin again."""
        self.taken, self.times = {}, 0

    @property
    def seconds(self) -> float:
        """The seconds in all calls."""
        return sum(seconds for _, seconds in self.taken.values())

    def add(self, name: str, seconds: float) -> None:
        """One more call."""
        if self._counts:
            with self._lock:
                count, total = self.taken.get(name, (0, 0.0))
                self.taken[name] = (count + 1, total + seconds)

    def __str__(self) -> str:
        """The mean over all times: calls and milliseconds, the longest first."""
        times = max(self.times, 1)
        longest_first = sorted(self.taken.items(), key=lambda one: -one[1][1])
        return ", ".join(
            f"{count / times:g} × {name} {seconds * 1000 / times:.1f}" for name, (count, seconds) in longest_first
        )


class _Watched:
    def __init__(self, calls: Calls, name: str, store: object) -> None:
        self._calls, self._name, self._store = calls, name, store

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._timed(name, found) if callable(found) else found

    def _timed(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def timed(*arguments: Any, **options: Any) -> Any:
            begin = time.perf_counter()
            try:
                return method(*arguments, **options)
            finally:
                self._calls.add(f"{self._name}.{name}", time.perf_counter() - begin)

        return timed
