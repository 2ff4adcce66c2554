"""What can go wrong, as classes: each owns its exit code, its message and its hint.

`message` says what was given and why it cannot be used; `hint` says what is possible and what to
type next. The command line's one error boundary prints both; nothing else formats errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self


# Said wherever no answer was given, also where no rule set could be read. The same numbers stand in
# data/ruleset.yaml.
EMERGENCY = "In an emergency, call your local emergency number (such as 112, 999 or 911)."


# What had to be put right on the way to an answer; said on standard error once it is given.
notices: list[str] = []


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


class OrderError(DateError):
    """A date whose numbers have more than one reading, by the order in which they are meant."""


class ZoneError(MesocareError):
    """A time zone that does not exist."""


class ActivityError(MesocareError):
    """Words that name no activity of the rule set."""


class TreatmentError(MesocareError):
    """Treatments that are missing, of an unknown type, or that do not pair up."""

    @classmethod
    def unknown_type(cls, type_: str, types: Iterable[str], option: str = "") -> Self:
        """Return the error that a rule set does not know a type.

        Args:
            type_: What was given.
            types: What the rule set knows.
            option: The option to type it with, for whoever can type again.
        """
        known = list(types)
        close = closest(type_.lower(), known, likeness=0.5)
        message = f"unknown treatment type {type_!r}; known: {', '.join(known)}"
        if option:
            return cls(message, f"Type for example: {option} {(close or known)[0]}")
        return cls(message, f"Did you mean {close[0]}?" if close else "")


class DetailError(TreatmentError):
    """What was injected, or who was treated, that is unknown or does not go with the rest.

    Args:
        kind: `with` or `about`.
        why: What is wrong, without saying where it was typed.
        hint: What is possible.
        message: The same where it was typed as an option; made of `why` if left out.
    """

    def __init__(self, kind: str, why: str, hint: str = "", message: str | None = None) -> None:
        super().__init__(f"--{kind} {why}" if message is None else message, hint)
        self.kind = kind
        self.why = why


class SettingError(MesocareError):
    """A configuration file that cannot be used."""


class OutputError(MesocareError):
    """An answer that could not be delivered in full."""


class StoreError(MesocareError):
    """A record that cannot be read or written, or that does not hold what was asked for."""


class TableError(MesocareError):
    """A table of patients that cannot be read or checked."""


class RulesError(MesocareError):
    """A rule set that cannot be used, with every problem found in it.

    `problems` are for people; `found` are the same as they were given, with file and line apart.
    """

    def __init__(self, message: str, hint: str = "", problems: Sequence[object] = ()) -> None:
        super().__init__(message, hint)
        self.found = tuple(problems)
        self.problems = tuple(str(each) for each in problems)
