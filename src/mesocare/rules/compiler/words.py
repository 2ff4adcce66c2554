"""The word lists of `data/words/` and the names of the rules -> the tables that the matchers read.

Inflected forms are made here, once, from the verbs that the data names; at run time nothing is
stemmed. The tables are kept as JSON inside the compiled rules, so that an exact name, which needs
none of them, does not pay for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.lexicon import STAR, indexed
from mesocare.parsing.names import singular
from mesocare.parsing.normal_form import BREAK, normal_form
from mesocare.parsing.packing import packed, unpacked
from mesocare.rules import cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Plain = dict[str, Any]

# Words that a name may hold and a question leave out, or the other way round.
SMALL = frozenset("a an the my your of in to at for it some".split())
JOINING = frozenset(("and", "or", "with", "plus", BREAK))
_VOWELS = frozenset("aeiou")
_STAR_ENDINGS = ("", "s", "es", "e", "ed", "d", "ing", "y", "ness", "less", "er", "ly", "ion")
_LONGEST_DOUBLING = 5


def word_tables(plain: Plain, sha256: str) -> dict[str, str]:
    """Return the tables of a rule set, made once and kept beside its compiled form.

    Args:
        plain: Its checked plain values.
        sha256: The digest of its content.
    """
    tables = cache.read(sha256, cache.WORDS)
    if tables is None or not all(isinstance(each, str) for each in tables.values()):
        tables = compile_words(plain)
        cache.write(sha256, tables, cache.WORDS)
    return tables


def compile_words(plain: Plain) -> dict[str, str]:
    """Return the tables of a rule set, each packed, from its checked plain values."""
    words = unpacked(plain["words"])
    plain = {**plain, "words": words}
    table = _Forms(words["forms"])
    activities, signs = _activities(plain, table), _signs(plain, table)
    tables = {
        "forms": {"spellings": table.spellings, "joined": table.joined},
        "lemmas": table.lemmas,
        "activities": activities,
        "signs": signs,
        "english": " ".join(words["english"]),
    }
    return {name: packed(each) for name, each in tables.items()}


class _Forms:
    """What the words are brought to before anything is compared."""

    def __init__(self, forms: Plain) -> None:
        self.spellings = [
            [theirs, ours] for theirs, ours in forms["spellings"].items() if theirs != ours
        ]
        self.joined: dict[str, list[list[str]]] = {}
        for read, texts in forms["joined"].items():
            for text in texts:
                first, *rest = str(text).split()
                self.joined.setdefault(first, []).append([*rest, read])
        self.lemmas: dict[str, str] = {}
        for verb, irregular in forms["verbs"].items():
            for form in (*irregular, *_verb_forms(verb)):
                self.lemmas.setdefault(self.tokens(form)[0], self.tokens(verb)[0])

    def tokens(self, text: str) -> list[str]:
        """Return the words of a text in their one form, as they stand."""
        return normal_form(str(text), self.spellings, self.joined)

    def bases(self, text: str) -> list[str]:
        """Return the words of a text, each as the table leads to it."""
        words = self.tokens(text)
        for word in words:
            self.lemmas.setdefault(word, singular(word))
        return [self.lemmas[word] for word in words]

    def phrases(self, texts: Iterable[str]) -> Plain:
        """Return texts as a table of phrases."""
        return indexed(("", self.bases(text)) for text in texts)

    def learn(self, words: Iterable[str]) -> None:
        """Add words, each under its own form and its plural."""
        for word in words:
            self.lemmas.setdefault(word, word)
            self.lemmas.setdefault(plural(word), word)


def plural(word: str) -> str:
    """Return the form with an s, of a noun or a verb."""
    if word.endswith(("s", "x", "z", "ch", "sh", "o")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def _verb_forms(verb: str) -> list[str]:
    """Return a verb's regular forms, as English spells them."""
    stem = verb
    if verb.endswith("ie"):
        return [verb, plural(verb), verb + "d", verb[:-2] + "ying"]
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return [verb, plural(verb), verb + "d", verb[:-1] + "ing"]
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return [verb, plural(verb), verb[:-1] + "ied", verb + "ing"]
    doubles = len(verb) <= _LONGEST_DOUBLING and verb[-1] not in _VOWELS | set("wxy")
    if doubles and verb[-2:-1] in _VOWELS and verb[-3:-2] not in _VOWELS:
        stem = verb + verb[-1]
    return [verb, plural(verb), stem + "ed", stem + "ing"]


def _activities(plain: Plain, table: _Forms) -> Plain:
    said, groups = plain["words"]["activities"], plain["groups"]
    items = {id_: name for name, group in groups.items() for id_ in group["items"]}
    names, whole = _names(plain, table)
    vocabulary = dict.fromkeys(word for bag in names for word in bag)
    table.learn(vocabulary)
    harmless = {kind: _words(each["words"], table) for kind, each in said["harmless"].items()}
    brands = said["ask_which"].get("brands", {"words": ()})["words"]
    harmless["skin_products"] = [*harmless.get("skin_products", ()), *_words(brands, table)]
    general = _words([*said["question"], *said["places"]], table)
    routes = said["routes"]
    phrases = table.phrases
    return {
        "names": _by_first(names, set(general)),
        "alone": _by_owner(
            (owner, bag[0]) for bag in names if len(bag) == 1 for owner in names[bag]
        ),
        "vocabulary": " ".join(vocabulary),
        "known": " ".join(_words([*said["negations"], *routes["skin"], *routes["mouth"]], table)),
        "spelled": " ".join(form for form, base in table.lemmas.items() if base in vocabulary),
        "whole": whole,
        "general": general,
        "harmless": harmless,
        "kinds": _by_owner(
            (owner, kind)
            for kind, each in said["harmless"].items()
            for owner in _owners(each["for"], items, groups)
        ),
        "routes": {way: phrases(routes[way]) for way in ("skin", "mouth")},
        "question": " ".join(_words(said["question"], table)),
        "groups": items,
        "only": {
            "skin": _owners(routes["skin_only"], items, groups),
            "mouth": _owners(routes["by_mouth_only"], items, groups),
        },
        "on_skin_instead": routes["on_skin_instead"],
        "negations": phrases(said["negations"]),
        "decoys": phrases(said["decoys"]),
        "ask_which": [
            [phrases(each["words"]), each["text"]] for each in said["ask_which"].values()
        ],
        "prescribed": [phrases(said["prescribed"]["words"]), said["prescribed"]["text"]],
    }


def _names(
    plain: Plain, table: _Forms
) -> tuple[dict[tuple[str, ...], dict[str, None]], dict[str, str]]:
    """Return what each name leads to; apart from them those that stand only as they are written."""
    texts: list[tuple[str, str]] = []
    for group_id, group in plain["groups"].items():
        for id_, each in {group_id: group, **group["items"]}.items():
            named = (id_.replace("-", " "), each["label"], *each.get("aliases", ()))
            texts += [(id_, text) for text in named]
    texts += [
        (id_, text) for id_, more in plain["words"]["activities"]["names"].items() for text in more
    ]
    names: dict[tuple[str, ...], dict[str, None]] = {}
    whole: dict[str, str] = {}
    for id_, text in texts:
        words = table.bases(text)
        if JOINING & set(words):
            whole.setdefault(" ".join(words), id_)
        else:
            bag = tuple(word for word in words if word not in SMALL) or tuple(words)
            names.setdefault(bag, {})[id_] = None
    return names, whole


def _by_owner(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for owner, each in pairs:
        found.setdefault(owner, []).append(each)
    return found


def _by_first(names: Mapping[tuple[str, ...], Iterable[str]], general: set[str]) -> Plain:
    """Return names by their first word, each as `rest of the words=where it leads`.

    A name that shares words with any question has to stand as it is written; `!` marks it.
    """
    found: dict[str, list[str]] = {}
    for (first, *rest), owners in names.items():
        in_order = "!" if general & {first, *rest} else ""
        found.setdefault(first, []).append(f"{' '.join(rest)}={' '.join(owners)}{in_order}")
    return found


def _words(texts: Iterable[str], table: _Forms) -> list[str]:
    return list(dict.fromkeys(word for text in texts for word in table.bases(text)))


def _owners(named: Iterable[str], items: Mapping[str, str], groups: Plain) -> list[str]:
    """Return the items that are named, and those of the groups that are, with the groups."""
    found: dict[str, None] = {}
    for id_ in named:
        found[id_] = None
        if id_ in groups and id_ not in items:
            found |= dict.fromkeys(groups[id_]["items"])
    return list(found)


def _signs(plain: Plain, table: _Forms) -> Plain:
    said = plain["words"]["signs"]
    absent, left_out = said["absent"], frozenset(said["left_out"])
    ordinary = {
        id_: [*said["ordinary"].get(id_, ()), id_.replace("-", " "), *each.get("aliases", ())]
        for id_, each in plain["reactions"].items()
    }
    flags = {
        id_: [id_.replace("-", " "), *each.get("aliases", ())]
        for id_, each in plain["red_flags"].items()
    }
    classes = {name: _phrases(texts, table, left_out) for name, texts in said["classes"].items()}
    named = {id_: _phrases(texts, table, left_out) for id_, texts in {**ordinary, **flags}.items()}
    rules = [
        [each["flag"], each["all"], each.get("unless", []), each.get("mild")]
        for each in said["rules"]
    ]
    stars = {
        pattern[:-1]
        for phrases in (*classes.values(), *named.values())
        for phrase in phrases
        for pattern in phrase
        if pattern.endswith(STAR)
    }
    literal = {
        pattern
        for phrases in (*classes.values(), *named.values())
        for phrase in phrases
        for pattern in phrase
        if not pattern.endswith(STAR)
    }
    spelled = literal | {star + ending for star in stars for ending in _STAR_ENDINGS}
    return {
        "classes": indexed((name, p) for name, ps in classes.items() for p in ps),
        "named": indexed((id_, p) for id_, ps in named.items() for p in ps),
        "ordinary": list(ordinary),
        "rules": rules,
        "vital": said["vital"],
        "left_out": sorted(left_out),
        "harmless": indexed(("", p) for p in _phrases(said["harmless"], table, left_out)),
        "gone": indexed(("", p) for p in _phrases(absent["gone"], table, left_out)),
        "fine": indexed(("", p) for p in _phrases(absent["fine"], table, left_out)),
        "fine_of": absent["of"],
        "strength": indexed(("", p) for p in _phrases(absent["strength"], table, left_out)),
        "beside_not": indexed(("", p) for p in _phrases(absent["harmless"], table, left_out)),
        "spelled": " ".join(sorted(word for word in spelled if len(word) >= _LONGEST_DOUBLING)),
    }


def _phrases(texts: Iterable[str], table: _Forms, left_out: Iterable[str] = ()) -> list[list[str]]:
    """Return phrases as lists of words, stars kept, without what any text may leave out."""
    found = []
    for text in texts:
        starred = [word.endswith(STAR) for word in str(text).split()]
        words = table.tokens(str(text).replace(STAR, ""))
        if len(words) == len(starred):
            words = [
                word + STAR if star else word for word, star in zip(words, starred, strict=True)
            ]
        kept = [word for word in words if word not in left_out] or words
        found.append(kept)
    return found
