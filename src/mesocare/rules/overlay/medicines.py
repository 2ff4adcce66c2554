"""Prescribed medicines in a clinic's protocol: nobody is told to stop one.

Before a treatment they are asked about, and a protocol leaves it at that. Which they are, and what
reads as leaving one out, the rule set's own lists of words say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.activity_words import ActivityReader
from mesocare.parsing.lexicon import Lexicon
from mesocare.parsing.names import exact_key, names
from mesocare.parsing.packing import unpacked
from mesocare.rules.compiler.build import resolved
from mesocare.rules.compiler.words import word_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]

ASK_ONLY = "this is asked about, and nobody is told to leave it out; write `ask`"


def asked_before(leave_out: Plain) -> Plain:
    """Return what is asked about before a treatment of any type."""
    return {
        id_: each
        for id_, each in leave_out.items()
        if any("ask" in washout for washout in each["washouts"].values())
    }


def prescribed_items(base: Plain) -> frozenset[str]:
    """Return the items that are asked about before a treatment, and never restricted after one."""
    asked = asked_before(unpacked(base["before"])["leave_out"])
    items = {id_ for each in asked.values() for id_ in each.get("activities", ())}
    return frozenset(
        id_
        for group in base["groups"].values()
        for id_, item in group["items"].items()
        if id_ in items and not _restricts(item["rules"])
    )


def _restricts(rules: Plain) -> bool:
    phases = (phase for type_ in rules for phase in resolved(rules, type_).get("phases", ()))
    return any(phase["verdict"] != "allowed" for phase in phases)


class Medicines:
    """What is asked about before a treatment, and the words by which a text names it.

    Args:
        overlay: The protocol over the rule set that it extends.
        leave_out: What the rule set has to leave out or to ask about, by id.
        sha256: The digest of that rule set's content.
    """

    def __init__(self, overlay: Overlay, leave_out: Plain, sha256: str) -> None:
        self._overlay = overlay
        self._asked = asked_before(leave_out)
        self._items = {id_ for each in self._asked.values() for id_ in each.get("activities", ())}
        self._names = _by_name(self._asked)
        self._known = _by_name(leave_out)
        self._left_out = {
            id_: name for name, each in leave_out.items() for id_ in each.get("activities", ())
        }
        self._reader = ActivityReader(Lexicon(word_tables(overlay.base, sha256)))

    def check(self, path: Path, said: Plain, *, own: bool) -> None:
        """Note where a protocol would leave out what is asked about, or hide what is left out."""
        if own:
            self._check_names(path, said)
        texts = list(_texts(said))
        told = (str(path[-1]).replace("-", " "), *(text for _, text in texts))
        asked = path[-1] in self._asked or any(map(self._named, told))
        asked = asked or not self._items.isdisjoint(said.get("activities", ()))
        for type_, washout in said["washouts"].items() if asked else ():
            if "ask" not in washout:
                self._overlay.note((*path, "washouts", type_), ASK_ONLY)
        for inner, text in texts if asked else ():
            if self._reader.negated(self._reader.bases(text)):
                message = f"{text!r} reads as leaving it out"
                self._overlay.note((*path, *inner), f"{message}; say whom to ask")

    def _check_names(self, path: Path, said: Plain) -> None:
        """Note each name that leads to something left out already, and would hide it."""
        for text in (str(path[-1]), said.get("label", ""), *said.get("aliases", ())):
            words = self._reader.bases(text)
            read = self._reader.read(words)
            ids = (self._left_out.get(id_) for id_ in (read.ids if read else ()))
            owner = self._known.get(exact_key(text)) or next(filter(None, ids), None)
            if owner:
                message = f"{text!r} is left out already, as {owner!r}; change that one"
                self._overlay.note(path, message)

    def _named(self, text: str) -> bool:
        """Whether a text names something that is asked about."""
        words = self._reader.bases(text)
        key = f" {exact_key(text)} "
        return (
            self._reader.prescribed(words)
            or not self._items.isdisjoint(self._reader.mentioned(words))
            or any(f" {name} " in key for name in self._names)
        )


def _by_name(leave_out: Plain) -> dict[str, str]:
    return {
        key: id_
        for id_, each in leave_out.items()
        for key in names(id_, each["label"], each.get("aliases", ()))
    }


def _texts(said: Plain) -> Iterator[tuple[Path, str]]:
    """Yield every text of something that comes before, with its place in it."""
    keys: Iterable[str] = ("label", "text")
    yield from (((key,), said[key]) for key in keys if key in said)
    yield from ((("aliases", n), text) for n, text in enumerate(said.get("aliases", ())))
    for type_, washout in said["washouts"].items():
        for key in ("ask", "reason"):
            if key in washout:
                yield ("washouts", type_, key), washout[key]
