"""Ingredients under a clinic's protocol: it may restrict more of them, and nothing less.

Its names are kept beside the table of the rule set, which stays as it is. So they add what their
class asks for, and make no list better read than it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.labels.inci import parse_label
from mesocare.parsing.labels.names import folded
from mesocare.parsing.packing import packed, unpacked
from mesocare.rules.format.ingredients_tsv import RESTRICTING
from mesocare.rules.overlay.medicines import asked_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]

ALWAYS = RESTRICTING[0]
# Names are counted with their synonyms.
MOST_NAMES, MOST_CLASSES = 500, 64
# What a clinic may add to a class of the rule set; the rest stays as it is.
_MORE = ("items", "mask", "clinic")
_TIED = ("items", "mask", "hair")
_MEDICINE = "that is a medicine, and nobody is told to leave it out"


def merged_ingredients(overlay: Overlay, groups: Plain, title: str) -> str:
    """Return the ingredients of both together, packed.

    Args:
        overlay: The protocol over the rule set that it extends.
        groups: The groups of both together, to whose items classes are tied.
        title: What the protocol is called as a source.
    """
    kept: str = overlay.base["products"]
    said = overlay.said.get("ingredients", {})
    if not said:
        return kept
    plain: Plain = unpacked(kept)
    items = {id_ for group in groups.values() for id_ in group["items"]}
    classes = _Classes(overlay, plain["classes"], items)
    classes.add(said.get("classes", {}))
    names = _Names(overlay, plain, classes)
    names.add(said.get("names", {}))
    classes.check_used({group for _, group, role, *_ in names.rows if role in RESTRICTING})
    return packed(
        {
            **plain,
            "classes": classes.plain,
            "titles": {**plain["titles"], names.source: title},
            "rows": "\n".join(map("\t".join, names.rows)),
            "own": {key: str(place) for key, place in names.own.items()},
        }
    )


class _Classes:
    """The classes of both together; `plain` are their plain values by id."""

    def __init__(self, overlay: Overlay, known: Plain, items: set[str]) -> None:
        self.plain = dict(known)
        self._overlay = overlay
        self._known = known
        self._items = items
        before = unpacked(overlay.base["before"])["leave_out"]
        self._asked = {
            id_ for each in asked_before(before).values() for id_ in each.get("activities", ())
        }

    def add(self, said: Plain) -> None:
        """Put what the protocol says of classes to those of the rule set."""
        if len(said) > MOST_CLASSES:
            self._note((), f"more than {MOST_CLASSES} of them")
            return
        for id_, each in said.items():
            for key in _TIED:
                for n, item in enumerate(each.get(key, ())):
                    if item not in self._items:
                        message = f"no item {item!r} in the rule set"
                        self._note((id_, key, n), message, item, self._items)
            check = self._check_known if id_ in self._known else self._check_own
            check(id_, each)
            known = self._known.get(id_, {"label": each.get("label", id_), "items": []})
            self.plain[id_] = _with(known, each, self._overlay.said["clinic"]["name"])

    def check_used(self, used: set[str]) -> None:
        """Note each class of the protocol that no ingredient belongs to that counts."""
        for id_ in self._overlay.said["ingredients"].get("classes", {}):
            if id_ in self.plain and id_ not in used:
                message = "no restricted ingredient belongs to it, so that nothing is held to it"
                self._note((id_,), f"{message}; name some under `names`")

    def _check_own(self, id_: str, each: Plain) -> None:
        if "label" not in each:
            self._note((id_,), "one of your own needs a `label`", id_, self._known)
        if not _holds(each):
            message = "it is tied to no rule; name `items`, or say `clinic: true`"
            self._note((id_,), message)

    def _check_known(self, id_: str, each: Plain) -> None:
        known = self._known[id_]
        asked = known.get("clinic", False) and self._asked.issuperset(known["items"])
        for key in each:
            if key not in _MORE:
                message = f"the rule set has {id_!r}, and this stays as it is"
                self._overlay.note(("ingredients", "classes", id_, key), message, "", _MORE)
            elif asked and key != "clinic":
                self._note((id_, key), f"{_MEDICINE}; the clinic is asked about it")

    def _note(self, path: Path, message: str, given: str = "", near: Any = ()) -> None:
        self._overlay.note(("ingredients", "classes", *path), message, given, (), sorted(near))


def _holds(group: Plain) -> bool:
    """Whether anything is asked of an ingredient for its class, whatever the product."""
    return bool(group.get("items") or group.get("clinic"))


def _with(known: Plain, said: Plain, clinic: str) -> Plain:
    """Return a class with what the protocol ties it to besides."""
    tied = {
        key: list(dict.fromkeys([*known.get(key, ()), *said.get(key, ())]))
        for key in _TIED
        if key in known or key in said
    }
    added = [item for key in tied for item in tied[key] if item not in known.get(key, ())]
    return {**said, **known, **tied, "added": added, "protocol": clinic}


class _Names:
    """The names of both together.

    Attributes:
        rows: The cells of every row, those of the protocol last.
        own: From the names of the protocol, in their one form, to the row.
        source: The id of the protocol as a source.
    """

    def __init__(self, overlay: Overlay, plain: Plain, classes: _Classes) -> None:
        self.rows: list[list[str]] = [row.split("\t") for row in plain["rows"].split("\n")]
        self.own: dict[str, int] = {}
        self.source = overlay.free("clinic", plain["titles"])
        self._overlay = overlay
        self._classes = classes
        self._places = dict(zip(plain["names"].split("\n"), plain["places"].split(), strict=True))
        words = unpacked(overlay.base["words"])["activities"]["prescribed"]["words"]
        self._medicines = frozenset(map(folded, words))
        self._owners: dict[str, str] = {}

    def add(self, said: Plain) -> None:
        """Put the names of the protocol beside those of the rule set."""
        if sum(1 + len(each.get("synonyms", ())) for each in said.values()) > MOST_NAMES:
            message = f"more than {MOST_NAMES} of them, with their synonyms"
            self._overlay.note(("ingredients", "names"), message)
            return
        classes = self._classes.plain
        for name, each in said.items():
            path: Path = ("ingredients", "names", name)
            group = each["class"]
            if group not in classes:
                message = f"no class {group!r}, here or in the rule set"
                self._overlay.note((*path, "class"), message, group, (), classes)
            elif "added" not in classes[group] and not _holds(classes[group]):
                message = f"the class {group!r} is tied to no rule, so that nothing would hold"
                self._overlay.note((*path, "class"), message)
            else:
                self._add(path, name, each)

    def _add(self, path: Path, name: str, said: Plain) -> None:
        """Put one ingredient, by all its names, where it belongs."""
        clinic: str = self._overlay.said["clinic"]["name"]
        group, role = said["class"], said.get("role", ALWAYS)
        place = len(self.rows)
        shown = " ".join(name.split())
        self.rows.append([shown, group, role, self.source, "", "B", clinic])
        for here, text in _texts(path, shown, said):
            key = folded(text)
            problem = self._problem(text, key, group, role)
            if problem is None:
                keys = self._meant(key, group, role)
                owners = {self._owners.setdefault(each, name) for each in keys} - {name}
                problem = f"{text!r} already leads to {min(owners)!r}" if owners else None
                self.own |= dict.fromkeys(keys, place)
            if problem is not None:
                self._overlay.note(here, problem)

    def _problem(self, text: str, key: str, group: str, role: str) -> str | None:
        """Return why a name cannot be put into a class; `None` if it can."""
        ours = self._classes.plain[group]
        if key in self._medicines and ours["items"]:
            return f"{_MEDICINE}; put it into a class that is `clinic: true` and no more"
        if key not in self._places:
            unread = f"{text!r} is not read as one name of a list; write it as on a label"
            return None if _is_one_name(text, key) else unread
        name, other, known, *_ = self.rows[int(self._places[key])]
        theirs = self._classes.plain[other]
        lacking = [each for each in theirs["items"] if each not in ours["items"]]
        if known not in RESTRICTING:
            return None
        if role not in {known, ALWAYS} or (theirs.get("clinic") and not ours.get("clinic")):
            return f"the rule set has {name!r} as {other} ({known}), and this stays as it is"
        if lacking:
            message = f"the rule set has {name!r} as {other}, and a protocol takes nothing away"
            return f"{message}; tie {group!r} to {', '.join(lacking)} too"
        return None

    def _meant(self, key: str, group: str, role: str) -> list[str]:
        """Return every name that the rule set has for the same; none where it says so itself."""
        place = self._places.get(key)
        if place is None:
            return [key]
        if self.rows[int(place)][1:3] == [group, role]:
            return []
        return [each for each, other in self._places.items() if other == place]


def _texts(path: Path, name: str, said: Plain) -> Iterator[tuple[Path, str]]:
    """Yield every name of an ingredient, with its place."""
    yield path, name
    for n, text in enumerate(said.get("synonyms", ())):
        yield (*path, "synonyms", n), text


def _is_one_name(text: str, key: str) -> bool:
    """Whether a name on a label is read as this one, and so can be found at all."""
    found = parse_label(f"Aqua, {text}, Aqua").items
    return len(found) == 3 and folded(found[1].whole) == key  # noqa: PLR2004 - as written there
