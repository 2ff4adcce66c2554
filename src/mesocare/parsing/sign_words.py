"""The tables of words for signs, laid out for reading; loaded where no exact name is found."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mesocare.core.signs import Urgency
from mesocare.parsing.lexicon import Lexicon, Phrases, kept
from mesocare.parsing.normal_form import BREAK
from mesocare.parsing.signs import VITAL, SignReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet

_NOT = frozenset(("not", "no"))
_BUT = frozenset(("but", "though", "although", "yet", "however", "except"))
_AND, _OR = "and", "or"
_SUBJECTS = frozenset("i my he she we it his her the you your our they".split())
Words = list[tuple[str, ...]]
_made: dict[str, SignReader] = {}


def reader_of(rules: RuleSet) -> SignReader:
    """Return the reader of a rule set, made once for each."""
    return kept(_made, rules, lambda: SignReader(Lexicon(rules.tables())))


class SignReader:
    """The tables of signs, laid out for reading."""

    def __init__(self, words: Lexicon) -> None:
        said = words.signs
        self._words = words
        self._rules: list[tuple[str, frozenset[str], frozenset[str]]] = [
            (flag, frozenset(every), frozenset(unless)) for flag, every, unless, _ in said["rules"]
        ]
        self._mild: dict[str, tuple[int, str]] = {
            flag: (mild["up_to"], mild["sign"]) for flag, _, _, mild in said["rules"] if mild
        }
        self._classes = Phrases(said["classes"])
        self._named = Phrases(said["named"])
        self._ordinary = frozenset(said["ordinary"])
        self._vital = frozenset(said["vital"])
        self._harmless = Phrases(said["harmless"])
        self._gone = Phrases(said["gone"])
        self._fine = Phrases(said["fine"])
        self._fine_of: dict[str, str] = said["fine_of"]
        self._strength = Phrases(said["strength"])
        self._beside_not = Phrases(said["beside_not"])
        self._left_out = frozenset(said["left_out"])
        self._spelled: str = said["spelled"]
        self._vocabulary = frozenset(self._spelled.split())

    def read(self, text: str, rules: RuleSet) -> SignReading:
        """Return what a text says; whole clauses that say a sign is not there are set aside."""
        clauses, present, absent = self._clauses(self._words.words(text)), [], []
        denied = False
        for joined_by, clause in clauses:
            ids = self._absent(clause, rules, denied=denied and joined_by == _OR)
            denied = bool(ids)
            if ids:
                absent += ids
            else:
                present.append(clause)
        if absent and not any(self._telling(clause) for clause in present):
            return SignReading(tuple(dict.fromkeys(absent)), "absent", absent=True)
        return self._present([word for clause in present for word in clause], rules)

    def milder(self, found: SignReading, score: int) -> SignReading:
        """Return a reading as its score makes it: `pain 1` is tenderness."""
        up_to, sign = self._mild.get(found.ids[0], (0, "")) if len(found.ids) == 1 else (0, "")
        return found._replace(ids=(sign,)) if 0 < score <= up_to else found

    def _present(self, raw: list[str], rules: RuleSet) -> SignReading:
        words = self._readings(raw)
        slipped = any(len(each) > 1 for each in words)
        how = "slip" if slipped else "form"
        flags = self._flags(words, rules)
        urgent = [
            id_ for id_ in flags if rules.red_flags[id_].urgency is not Urgency.CONTACT_CLINIC
        ]
        if urgent:
            return SignReading(tuple(urgent), how)
        ordinary = self._all_ordinary(words)
        if ordinary:
            return SignReading(ordinary, how)
        if flags:
            return SignReading(flags, how)
        if self._vital & {name for name, _ in self._classes.found(words)}:
            return SignReading((VITAL,), "vital")
        return SignReading((), "unknown")

    def _clauses(self, raw: list[str]) -> list[tuple[str, list[str]]]:
        """Return the clauses of a text, each with the word that joins it to the one before."""
        clauses: list[tuple[str, list[str]]] = [("", [])]
        for word in raw:
            if word in {BREAK, _AND, _OR} or word in _BUT:
                clauses.append((word, []))
            else:
                clauses[-1][1].append(word)
        return [(joined_by, words) for joined_by, words in clauses if words]

    def _readings(self, raw: Sequence[str]) -> Words:
        """Return each word that tells something with what a slip may have made it from."""
        kept = [word for word in raw if word not in self._left_out] or list(raw)
        return [(word, *self._slips(word)) for word in kept]

    def _slips(self, word: str) -> list[str]:
        """Return what a word may be a slip of; nothing for one of ours."""
        if word in self._vocabulary or self._harmless.covered([(word,)]):
            return []
        return self._words.near(word, self._spelled, same_start=False)

    def raised(self, text: str) -> list[str]:
        """Return the flags that the classes in a text raise, whatever else stands there."""
        return list(self._raised(self._readings(self._words.words(text))))

    def _raised(self, words: Words) -> dict[str, None]:
        classes = {name for name, _ in self._classes.found(words)}
        return {
            flag: None
            for flag, every, unless in self._rules
            if every <= classes and not unless & classes
        }

    def _flags(self, words: Words, rules: RuleSet) -> tuple[str, ...]:
        """Return the flags that a text raises or names, the most urgent first."""
        found = self._raised(words)
        found |= {id_: None for id_, _ in self._named.found(words) if id_ in rules.red_flags}
        return tuple(sorted(found, key=lambda id_: -rules.red_flags[id_].urgency.severity))

    def _all_ordinary(self, words: Words) -> tuple[str, ...]:
        """Return the reactions that a text names, if every word of it is accounted for."""
        found: dict[str, None] = {}
        covered = self._harmless.covered(words)
        places = [(id_, where) for id_, where in self._named.found(words) if id_ in self._ordinary]
        longest = {
            (id_, where)
            for id_, where in places
            if not any(set(where) < set(other) for _, other in places)
        }
        for id_, where in places:
            covered |= set(where)
            if (id_, where) in longest:
                found[id_] = None
        joining = {n for n, word in enumerate(words) if word[0] in {_AND, _OR, BREAK}}
        return tuple(found) if covered | joining == set(range(len(words))) else ()

    def _telling(self, clause: list[str]) -> bool:
        words = self._readings(clause)
        return len(self._harmless.covered(words) | self._beside_not.covered(words)) < len(words)

    def _absent(self, raw: list[str], rules: RuleSet, *, denied: bool) -> list[str]:
        """Return what a clause says is not there, if it is a whole form of saying so."""
        nots = [n for n, word in enumerate(raw) if word in _NOT]
        if any(pair[0] == "no" and pair[1] in _SUBJECTS for pair in pairwise(raw)):
            return []  # `no my lips are swollen` answers somebody, and denies nothing
        words = self._readings(raw)
        telling = [word for word in words if word[0] not in _NOT]
        strength = self._strength.covered(telling)
        gone = self._gone.covered(telling)
        if len(nots) + denied == 1 and not gone and not strength:
            return self._complete(telling, self._beside_not.covered(telling), rules)
        if not nots and gone:
            last = max(gone)
            trailing = set(range(last + 1, len(telling)))
            if trailing <= self._beside_not.covered(telling) and not strength:
                rest = self._beside_not.covered(telling)
                return self._complete(telling, gone | rest, rules)
        if not nots:
            return self._fine_places(telling)
        return []

    def _complete(self, words: Words, aside: set[int], rules: RuleSet) -> list[str]:
        """Return the signs that words name, where by themselves they are a complete name."""
        rest = [word for n, word in enumerate(words) if n not in aside]
        if not rest:
            return []
        ordinary = self._all_ordinary(rest)
        flags = self._flags(rest, rules)
        covered = (
            self._classes.covered(rest) | self._named.covered(rest) | self._harmless.covered(rest)
        )
        if flags and covered == set(range(len(rest))):
            return list(flags)
        return list(ordinary)

    def _fine_places(self, words: Words) -> list[str]:
        """Return what is not there where a place is said to be fine: `my throat is fine`."""
        fine = self._fine.covered(words)
        if not fine or any(word[0] == "cannot" for word in words):
            return []
        places = [
            (name, where) for name, where in self._classes.found(words) if name in self._fine_of
        ]
        covered = fine | {n for _, where in places for n in where}
        covered |= self._harmless.covered(words) | self._beside_not.covered(words)
        if not places or covered != set(range(len(words))):
            return []
        return list(dict.fromkeys(self._fine_of[name] for name, _ in places))
