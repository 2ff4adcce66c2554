"""Work beside the thread that asks for it, which so stays open to a signal."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Beside(Generic[T]):
    """Something that is being done in a thread of its own; leaving it as a context waits for it.

    Args:
        do: What is to be done.
    """

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._result: list[T] = []
        self._error: BaseException | None = None
        # Not by joining the thread: a join that a signal broke off takes it for ended.
        self._done = Event()
        Thread(target=self._run, daemon=True).start()

    def __enter__(self) -> Self:
        """Go on beside it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until it has ended, so that nothing goes on of what came to nothing."""
        self.wait()

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._done.is_set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, or for so many seconds."""
        self._done.wait(seconds)

    def result(self) -> T:
        """Wait for what came of it; what it raised is raised here."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._do())
        except BaseException as error:  # noqa: BLE001 - raised where it is asked for
            self._error = error
        finally:
            self._done.set()
