"""Stops a long run between two rows, never within one."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

T = TypeVar("T")

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Stopped(KeyboardInterrupt):
    """A signal asked the run to stop."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class StopSignals:
    """While it is entered, the signals that ask to stop raise `Stopped`, but not amid a write.

    A second signal is not made to wait. Outside the main thread signals are left as they are.

    Attributes:
        asked: The signal that asked to stop. What it raised may have been lost on the way: a
            library turns it into an error of its own, or the interpreter drops it where an object
            was being disposed of.
    """

    def __init__(self) -> None:
        self.asked: int | None = None
        self._before: dict[int, Any] = {}
        self._busy = False
        self._late = False
        self._waiting: int | None = None

    def __enter__(self) -> Self:
        """Take over the signals, but none that is ignored on purpose."""
        self._busy = True
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._arrived)
        self._busy = False
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back; what comes meanwhile is for whoever had them before."""
        self._busy = True
        for number, handler in self._before.items():
            signal.signal(number, handler)
        before: Any = self._before.get(self._waiting or 0)
        if isinstance(getattr(before, "__self__", None), StopSignals):
            before(self._waiting, None)

    def check(self) -> None:
        """Stop here if that was asked for, and heard by nobody.

        Raises:
            Stopped: It was.
        """
        if self.asked is not None:
            raise Stopped(self.asked)

    def too_late(self) -> None:
        """Let nothing stop what is left to do: what was asked for is about to be there, whole.

        Raises:
            Stopped: It was asked before.
        """
        self._late = True
        self.check()

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Let a signal wait until what is within has been done."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        number, self._waiting = self._waiting, None
        if number is not None:
            raise Stopped(number)

    @contextmanager
    def around(self, context: AbstractContextManager[T]) -> Iterator[T]:
        """Enter a context, and leave it; neither is broken off.

        A signal that comes while it is being left comes too late to stop anything.
        """
        stack = ExitStack()
        why: tuple[type[BaseException], BaseException, Any] | tuple[None, None, None]
        why = None, None, None
        try:
            with self.undisturbed():
                entered = stack.enter_context(context)
            yield entered
        except BaseException as error:
            why = type(error), error, error.__traceback__
            raise
        finally:
            self._busy = True
            try:
                stack.__exit__(*why)
            finally:
                self._busy = False

    def _arrived(self, number: int, _: FrameType | None) -> None:
        if self._late:
            return
        is_first, self.asked = self.asked is None, number
        if self._busy and is_first:
            self._waiting = number
            return
        raise Stopped(number)
