"""Stopping a long run between two rows, never within one."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Stopped(KeyboardInterrupt):
    """A signal asked the run to stop."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Stopping:
    """While it is entered, the signals that ask to stop raise `Stopped`, but not amid a write.

    A second signal is not made to wait. Outside the main thread signals are left as they are.
    """

    def __init__(self) -> None:
        self._before: dict[int, object] = {}
        self._busy = False
        self._waiting: int | None = None

    def __enter__(self) -> Self:
        """Take over the signals, but none that is ignored on purpose."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Let a signal wait until what is within has been done."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        if self._waiting is not None:
            raise Stopped(self._waiting)

    def _arrived(self, number: int, _: FrameType | None) -> None:
        if self._busy and self._waiting is None:
            self._waiting = number
            return
        raise Stopped(number)
