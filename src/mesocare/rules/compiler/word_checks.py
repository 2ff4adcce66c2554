"""Whether the word lists hold together: they name classes, flags, signs and items that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.names import exact_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Path

    Named = tuple[Path, str]

Plain = dict[str, Any]
_SIGNS, _ACTIVITIES = "words/signs.yaml", "words/activities.yaml"


def word_problems(plain: Plain) -> Iterator[tuple[str, Path, str]]:
    """Yield the file, the place and what is wrong, of everything that is named and not there."""
    signs, activities = plain["words"]["signs"], plain["words"]["activities"]
    items = {id_ for group in plain["groups"].values() for id_ in group["items"]}
    known = (
        (_SIGNS, _classes(signs), set(signs["classes"]), "no class {!r} in `classes`"),
        (_SIGNS, _flags(signs), set(plain["red_flags"]), "no red flag {!r} in red_flags.yaml"),
        (_SIGNS, _reactions(signs), set(plain["reactions"]), "no reaction {!r} in reactions.yaml"),
        (_ACTIVITIES, _owners(activities), {*items, *plain["groups"]}, "no item and no group {!r}"),
    )
    yield from _names(plain)
    for file, named, there, message in known:
        for path, name in named:
            if name not in there:
                yield file, path, message.format(name)


def _names(plain: Plain) -> Iterator[tuple[str, Path, str]]:
    """Yield every name of the word lists that is an exact name of something else."""
    for id_, texts in plain["words"]["activities"]["names"].items():
        for n, text in enumerate(texts):
            owner = plain["names"].get(exact_key(text), id_)
            if owner != id_:
                yield _ACTIVITIES, ("names", id_, n), f"{text!r} already leads to {owner!r}"


def _classes(signs: Plain) -> Iterator[Named]:
    for n, rule in enumerate(signs["rules"]):
        for key in ("all", "unless"):
            yield from ((("rules", n, key, i), name) for i, name in enumerate(rule.get(key, ())))
    yield from ((("vital", n), name) for n, name in enumerate(signs["vital"]))
    yield from ((("absent", "of", name), name) for name in signs["absent"]["of"])


def _flags(signs: Plain) -> Iterator[Named]:
    yield from ((("rules", n, "flag"), rule["flag"]) for n, rule in enumerate(signs["rules"]))
    yield from ((("absent", "of", name), flag) for name, flag in signs["absent"]["of"].items())


def _reactions(signs: Plain) -> Iterator[Named]:
    yield from ((("ordinary", id_), id_) for id_ in signs["ordinary"])
    for n, rule in enumerate(signs["rules"]):
        if "mild" in rule:
            yield ("rules", n, "mild", "sign"), rule["mild"]["sign"]


def _owners(activities: Plain) -> Iterator[Named]:
    yield from ((("names", id_), id_) for id_ in activities["names"])
    for kind, each in activities["harmless"].items():
        yield from ((("harmless", kind, "for", n), id_) for n, id_ in enumerate(each["for"]))
    routes = activities["routes"]
    for key in ("by_mouth_only", "skin_only"):
        yield from ((("routes", key, n), id_) for n, id_ in enumerate(routes[key]))
    for id_, other in routes["on_skin_instead"].items():
        yield ("routes", "on_skin_instead", id_), id_
        yield ("routes", "on_skin_instead", id_), other
