"""`mesocare` alone, with nothing on record: two questions, today, and the offer to keep it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mesocare.cli.dialog import line, say
from mesocare.cli.reply import Reply
from mesocare.cli.request import request
from mesocare.cli.settings import Settings
from mesocare.core import DEFAULT_TYPE
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.core.model import RuleSet

MOST_TRIES = 3
YES = {"y", "yes"}
HOW = """\
Where you are after mesotherapy, what is allowed now, and when the rest opens:
  mesocare today --treated yesterday      (or 2024-05-01T14:30; --type scalp or brightening)
  mesocare treated yesterday              keeps it, and then `mesocare` alone shows today
  mesocare --help                         everything else
"""


def is_terminal() -> bool:
    """Whether somebody is there to be asked, and to read the answer."""
    return all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


def begin() -> Reply:
    """Ask when and what, show today, and keep it if that is wanted.

    Enter skips; Ctrl-C leaves nothing behind.

    Raises:
        MesocareError: An answer was not understood three times.
    """
    from mesocare.rules.loader import load_rules

    settings = Settings({})
    rules = load_rules(settings.get("rules"))
    say(
        "Two questions, and mesocare shows what is allowed now. "
        "Enter skips, Ctrl-C stops; nothing is kept unless you say so."
    )
    try:
        when = _asked("When were you treated? (yesterday 15:00, 3 days ago, 2024-05-01)", _moment)
        if not when:
            return Reply(HOW)
        type_ = _asked(_which(rules), lambda words: _type(words, rules))
        type_ = type_ or DEFAULT_TYPE
    except EOFError:
        return Reply(HOW)
    return _shown(when, type_)


def _which(rules: RuleSet) -> str:
    labels = ", ".join(rules.types)
    return f"What was treated: {labels}? (Enter for {DEFAULT_TYPE})"


def _asked(question: str, understood: Callable[[str], str]) -> str:
    """Ask until an answer is understood; empty where the question is skipped.

    Raises:
        EOFError: Nobody answers any more.
        MesocareError: It was not understood three times.
    """
    for tries in range(1, MOST_TRIES + 1):
        typed = line(question)
        if not typed:
            return ""
        try:
            return understood(typed)
        except MesocareError as error:
            if tries == MOST_TRIES:
                raise
            say(f"{error.message} {error.hint}".replace("--type ", ""))
    raise AssertionError  # the last try returns or raises


def _moment(words: str) -> str:
    """Return a time as typed, if it is understood; say how.

    Raises:
        MesocareError: It is not.
    """
    asked = request(Settings({"treated": [words]}))
    from mesocare.render.phrasing import elapsed_words, treated_words

    (treatment,) = asked.question.treatments
    said = f"{treated_words(treatment)}, {elapsed_words(treatment, asked.question.at)}"
    say(f"Understood: {said}.")
    return words


def _type(words: str, rules: RuleSet) -> str:
    from mesocare.parsing.types import find_type

    found = find_type(words, rules, "--type")
    say(f"Understood: {rules.types[found].label}.")
    return found


def _shown(when: str, type_: str) -> Reply:
    """Show today, and offer to keep the treatment."""
    from mesocare.cli.commands import today
    from mesocare.cli.commands.record import treated

    shown = today.reply(request(Settings({"treated": [when], "type": [type_]})))
    sys.stdout.write(f"\n{shown.text!s}")
    sys.stdout.flush()
    try:
        wanted = line("Keep this treatment on this computer, for the next time? (y or Enter)")
    except EOFError:
        wanted = ""
    if wanted.lower() not in YES:
        return Reply("Nothing was kept. To see it again, type: mesocare\n")
    try:
        return treated(when, type_)
    except MesocareError as error:
        error.message = f"nothing was kept: {error.message}"
        raise
