"""What can go wrong, as classes: each owns its exit code, its message and its hint.

`message` says what was given and why it cannot be used; `hint` says what is possible and what to
type next. The command line's one error boundary prints both; nothing else formats errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class MesocareError(Exception):
    """Something given to mesocare cannot be used.

    Args:
        message: What was given, and why it cannot be used.
        hint: What is possible, and what to type next; may be empty.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class DateError(MesocareError):
    """A date or clock time that cannot be understood or accepted."""


class ZoneError(MesocareError):
    """A time zone that does not exist."""


class ActivityError(MesocareError):
    """Words that name no activity of the rule set."""


class TreatmentError(MesocareError):
    """Treatments that are missing, of an unknown type, or that do not pair up."""


class SettingError(MesocareError):
    """A configuration file that cannot be used."""


class OutputError(MesocareError):
    """An answer that could not be delivered in full."""


class StoreError(MesocareError):
    """A record that cannot be read or written, or that does not hold what was asked for."""


class TableError(MesocareError):
    """A table of patients that cannot be read or checked."""


class RulesError(MesocareError):
    """A rule set that cannot be used, with every problem found in it."""

    def __init__(self, message: str, hint: str = "", problems: Sequence[object] = ()) -> None:
        super().__init__(message, hint)
        self.problems = tuple(str(each) for each in problems)
