"""The tables of words for activities, laid out for reading; loaded where no exact name is found."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from mesocare.parsing.activities import ActivityReading
from mesocare.parsing.lexicon import Lexicon, Phrases, kept
from mesocare.parsing.normal_form import BREAK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mesocare.core.model import RuleSet

MOST_SUGGESTIONS, MOST_SLIPS = 4, 3
_SEVERAL = frozenset(("and", "or", "plus", "then", BREAK))
_WITH = "with"
_made: dict[str, ActivityReader] = {}


def reader_of(rules: RuleSet) -> ActivityReader:
    """Return the reader of a rule set, made once for each."""
    return kept(_made, rules, lambda: ActivityReader(Lexicon(rules.tables())))


class ActivityReader:
    """The tables of activities, laid out for reading."""

    def __init__(self, words: Lexicon) -> None:
        said: dict[str, Any] = words.activities
        self._words = words
        # By the first word of a name: the rest of it, what it leads to, and whether in order only.
        self._names: dict[str, list[str]] = said["names"]
        self._general = frozenset(said["general"])
        self._whole: dict[str, str] = said["whole"]
        self._harmless = {kind: frozenset(each) for kind, each in said["harmless"].items()}
        self._kinds: dict[str, list[str]] = said["kinds"]
        self._alone: dict[str, list[str]] = said["alone"]
        self._routes = {way: Phrases(table) for way, table in said["routes"].items()}
        self._question = frozenset(said["question"].split())
        self._groups: dict[str, str] = said["groups"]
        self._only = {way: frozenset(owners) for way, owners in said["only"].items()}
        self._on_skin: dict[str, str] = said["on_skin_instead"]
        self._negations = Phrases(said["negations"])
        self._decoys = Phrases(said["decoys"])
        self._which = [(Phrases(table), text) for table, text in said["ask_which"]]
        prescribed, self._prescribed_text = said["prescribed"]
        self._prescribed = Phrases(prescribed)
        self.vocabulary = frozenset(said["vocabulary"].split())
        self._known = self.vocabulary.union(
            self._general, said["known"].split(), *self._harmless.values()
        )
        self._spelled: str = said["spelled"]

    @cached_property
    def _beside(self) -> frozenset[tuple[str, ...]]:
        """The pairs of words that stand side by side in a name."""
        pairs: set[tuple[str, ...]] = set()
        for first, entries in self._names.items():
            for entry in entries:
                bag = _name(first, entry)[0]
                pairs.update(pairwise(bag))
        return frozenset(pairs)

    @cached_property
    def _pairs(self) -> dict[str, tuple[str, ...]]:
        """Pairs of words by how they are written as one."""
        return {"".join(pair): pair for pair in self._beside if "".join(pair) not in self._known}

    def bases(self, text: str) -> list[str]:
        """Return the words of a text as the tables know them; words written apart are joined."""
        words = self._words.bases(self._words.words(text))
        found: list[str] = []
        for word in words:
            joined = "".join((found[-1], word)) if found else ""
            if joined in self.vocabulary and (found[-1], word) not in self._beside:
                found[-1] = joined
            elif joined and joined in self._words.lemmas and word not in self._known:
                found[-1] = self._words.lemmas[joined]
            elif word not in self._known and word in self._pairs:
                found += self._pairs[word]
            else:
                found.append(word)
        return found

    def decoyed(self, words: list[str]) -> bool:
        """Whether a text holds words that only look like a name."""
        return bool(self._decoys.covered(_alone(words)))

    def negated(self, words: list[str]) -> bool:
        """Whether a text asks for the opposite of doing something."""
        return bool(self._negations.covered(_alone(words)))

    def prescribed(self, words: list[str]) -> bool:
        """Whether a text names a medicine that a doctor decides about."""
        return bool(self._prescribed.covered(_alone(words)))

    def mentioned(self, words: list[str]) -> set[str]:
        """Return the items and groups of which a name is in a text, whatever else stands there."""
        return {owner for _, owners in self._candidates(words) for owner in owners}

    def told(self, words: list[str]) -> tuple[str, bool]:
        """Return what there is to say of a medicine, a bare brand or a word of many meanings.

        With it, whether more words would help.
        """
        alone = _alone(words)
        rest = [n for n, word in enumerate(words) if word not in self._general]
        if self.prescribed(words):
            return self._prescribed_text, False
        for phrases, text in self._which:
            covered = phrases.covered(alone)
            if covered and covered >= set(rest):
                return f"{text} Which one, or what is in it?", True
        return "", False

    def read(self, words: list[str]) -> ActivityReading | None:
        """Return what a text asks about; `None` unless every word of it is accounted for."""
        parts: list[list[str]] = [[]]
        for word in words:
            if word in _SEVERAL:
                parts.append([])
            else:
                parts[-1].append(word)
        for asked in (words, self._stripped(words)):
            if (owner := self._whole.get(" ".join(asked))) is not None:
                return ActivityReading((owner,), "form")
        found: dict[str, None] = {}
        ways = set()
        for part in parts:
            reading = self._part(part) or self._mixed(part)
            if reading is None:
                if set(part) <= self._general:
                    continue  # it asks, and names nothing
                return None
            found |= dict.fromkeys(reading.ids)
            ways.add(reading.reading)
        if not found:
            return None
        how = next((way for way in ("slip", "route") if way in ways), "form")
        return ActivityReading(tuple(found), "several" if len(found) > 1 else how)

    def exact(self, words: list[str], names: Mapping[str, str]) -> str | None:
        """Return what the longest exact name leads to that has only words of a question around it.

        Where the way to take it is said, the way decides, and not the name alone.
        """
        if any(phrases.covered(_alone(words)) for phrases in self._routes.values()):
            return None
        free = [word in self._question for word in words]
        for length in range(len(words), 0, -1):
            for start in range(len(words) - length + 1):
                end = start + length
                if all(free[:start]) and all(free[end:]):
                    found = names.get(" ".join(words[start:end]))
                    if found is not None:
                        return found
        return None

    def _stripped(self, words: list[str]) -> list[str]:
        """Return a text without the words of a question before and after what is asked about."""
        telling = [n for n, word in enumerate(words) if word not in self._general]
        return words[telling[0] : telling[-1] + 1] if telling else []

    def _mixed(self, words: list[str]) -> ActivityReading | None:
        """Read `one thing with another`: both, unless one of them only carries the other."""
        if _WITH not in words:
            return None
        at = words.index(_WITH)
        sides = [words[:at], words[at + 1 :]]
        readings = [self._part(side) for side in sides]
        for side, other in ((0, 1), (1, 0)):
            if (reading := readings[other]) and self._carries(sides[side], reading.ids):
                return reading
        if readings[0] is None or readings[1] is None:
            return None
        ids = dict.fromkeys((*readings[0].ids, *readings[1].ids))
        return ActivityReading(tuple(ids), "form")

    def _carries(self, words: list[str], owners: Iterable[str]) -> bool:
        return all(
            word in self._general or all(word in self._allowed(owner) for owner in owners)
            for word in words
        ) and not any(word.startswith(("spf", "sun")) for word in words)

    def _part(self, words: list[str]) -> ActivityReading | None:
        if _WITH in words:
            return None
        owners = self._owners(words)
        if owners:
            return owners
        unknown = [n for n, word in enumerate(words) if word not in self._known]
        if not 0 < len(unknown) <= MOST_SLIPS:
            return None
        meant = [
            [
                self._words.lemmas[form]
                for form in self._words.near(words[n], self._spelled, same_start=True)
            ]
            for n in unknown
        ]
        if not all(meant):
            return None
        readings = set()
        for choice in product(*map(dict.fromkeys, meant)):
            changed = list(words)
            for n, word in zip(unknown, choice, strict=True):
                changed[n] = word
            reading = self._owners(changed)
            if reading is not None:
                readings.add(reading.ids)
        if len(readings) > 1 and all(len(ids) == 1 for ids in readings):
            readings = {self._narrowed(dict.fromkeys(ids[0] for ids in readings))}
        if len(readings) != 1 or len(ids := next(iter(readings))) != 1:
            return None  # all readings have to agree
        return ActivityReading(ids, "slip")

    def _owners(self, words: list[str]) -> ActivityReading | None:
        """Return what the longest name among the words leads to, if the rest is harmless."""
        turned = self._negations.covered(_alone(words))
        skin, mouth = (self._routes[way].covered(_alone(words)) for way in ("skin", "mouth"))
        best: dict[str, None] = {}
        most, how = 0, "form"
        for bag, owners in self._candidates(words):
            if len(bag) < most:
                continue
            for owner in owners:
                meant, way = owner, "form"
                if skin and not mouth and owner in self._only["mouth"]:
                    if owner not in self._on_skin:
                        continue
                    meant, way = self._on_skin[owner], "route"
                if mouth and not skin and owner in self._only["skin"]:
                    continue
                rest = _without(words, bag)
                allowed = self._allowed(owner)
                places = skin | mouth
                if any(
                    n in turned or not (words[n] in allowed or n in places or words[n][0].isdigit())
                    for n in rest
                ):
                    continue
                if len(bag) > most:
                    best, most = {}, len(bag)
                best[meant] = None
                how = way
        return ActivityReading(self._narrowed(best), how) if best else None

    def _narrowed(self, owners: Iterable[str]) -> tuple[str, ...]:
        """Return what one word may mean, without a group of which an item is meant as well."""
        found = tuple(owners)
        groups = {self._groups.get(owner) for owner in found}
        return tuple(owner for owner in found if owner not in groups) or found

    def _allowed(self, owner: str) -> frozenset[str]:
        kinds = (self._harmless[kind] for kind in self._kinds.get(owner, ()))
        return self._general.union(self._alone.get(owner, ()), *kinds)

    def _candidates(self, words: list[str]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return the names whose words are all there, and in order where the name asks for it."""
        there = set(words)
        found = []
        for word in dict.fromkeys(words):
            for entry in self._names.get(word, ()):
                bag, owners, in_order = _name(word, entry)
                if there.issuperset(bag) and (not in_order or _in_order(bag, words)):
                    found.append((bag, owners))
        return found

    def suggested(self, words: list[str]) -> list[str]:
        """Return names that share a word with a text, or have one that is nearly in it."""
        telling = [word for word in words if word not in self._general]
        near = {
            self._words.lemmas.get(form, form)
            for word in telling
            if word not in self.vocabulary
            for form in self._words.near(word, self._spelled, same_start=True)
        }
        wanted = {word for word in telling if word in self.vocabulary} | near
        names = (_name(word, entry)[0] for word, each in self._names.items() for entry in each)
        scored = [(len(wanted & set(bag)) / len(bag), " ".join(bag)) for bag in names]
        scored.sort(key=lambda each: (-each[0], each[1]))
        return [name for share, name in scored[:MOST_SUGGESTIONS] if share]


def _name(first: str, entry: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Return the words of a name, what it leads to, and whether its words have to be in order."""
    rest, _, owners = entry.partition("=")
    return (first, *rest.split()), tuple(owners.removesuffix("!").split()), owners.endswith("!")


def _alone(words: Iterable[str]) -> list[tuple[str, ...]]:
    return [(word,) for word in words]


def _without(words: list[str], bag: tuple[str, ...]) -> list[int]:
    """Return the places of the words that are not those of a name."""
    left = list(bag)
    rest = []
    for n, word in enumerate(words):
        if word in left:
            left.remove(word)
        elif word not in bag:
            rest.append(n)
    return rest


def _in_order(bag: tuple[str, ...], words: list[str]) -> bool:
    small = [word for word in words if word in bag or word not in _SMALL]
    return any(tuple(small[n : n + len(bag)]) == bag for n in range(len(small) - len(bag) + 1))


_SMALL = frozenset("a an the my your of in to at for it some".split())
