"""Words that a shell offers: activities, signs, types and what is on record.

A completer never fails: where it cannot know, it offers nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mesocare.core.model import RuleSet

Offer = list[tuple[str, str]]
# What a shell sets, and its values, when it asks for completions.
VARIABLE = "_MESOCARE_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
ASKED = {f"{what}_{shell}" for what in ("complete", "source") for shell in SHELLS}


def command_of(environment: Mapping[str, str]) -> str | None:
    """Return the command whose words are being completed; `None` while it is being typed."""
    line = environment.get("_TYPER_COMPLETE_ARGS") or environment.get("COMP_WORDS") or ""
    words = line.split()
    # What follows the command is another word, or at least a blank.
    return words[1] if len(words) > 2 or (len(words) > 1 and line[-1:].isspace()) else None  # noqa: PLR2004


def _of_rules(named: Callable[[RuleSet], Iterable[tuple[str, object]]]) -> Callable[[str], Offer]:
    """Return what offers the ids of some things of the rule set."""

    def offer(incomplete: str) -> Offer:
        rules = _rules()
        return [] if rules is None else _beginning(incomplete, named(rules))

    return offer


activities = _of_rules(lambda rules: [*rules.groups.items(), *rules.items.items()])
groups = _of_rules(lambda rules: rules.groups.items())
signs = _of_rules(lambda rules: [*rules.reactions.items(), *rules.red_flags.items()])
types = _of_rules(lambda rules: rules.types.items())
kinds = _of_rules(lambda rules: rules.products().kinds.items())
substances, factors = (
    _of_rules(
        lambda rules, kind=kind: [  # type: ignore[misc]
            pair for pair in rules.details().items() if pair[1].kind == kind
        ]
    )
    for kind in ("with", "about")
)


def recorded(incomplete: str) -> Offer:
    """Return the treatments on record whose ids begin so."""
    from mesocare.render.phrasing import stored_words
    from mesocare.store import record

    with suppress(MesocareError):
        return [
            (row.id[:8], stored_words(row))
            for row in record.read().treatments
            if row.id.startswith(incomplete)
        ]
    return []


def _rules() -> RuleSet | None:
    from mesocare.cli.settings import Settings
    from mesocare.rules.loader import load_rules

    with suppress(MesocareError):
        return load_rules(Settings({}).get("rules"))
    return None


def _beginning(incomplete: str, named: Iterable[tuple[str, object]]) -> Offer:
    """Return what begins with what was typed; an id and a group of one name are one."""
    wanted = incomplete.lower()
    found: dict[str, str] = {}
    for id_, each in named:
        if id_.startswith(wanted):
            found.setdefault(id_, str(getattr(each, "label", "")))
    return list(found.items())
