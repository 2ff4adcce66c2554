"""The text of a label -> the lists of ingredients on it, name by name, as they are printed.

Nothing here knows an ingredient: where a list begins and ends, what parts one name from the next,
and what stands beside a name (brackets, percentages, footnotes) is told from the text alone. What
a name means is for `parsing.labels.ingredients`.

Every pattern is read from left to right once, so that a text of a megabyte takes a second and no
text takes for ever.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from mesocare.parsing.labels.sections import sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.parsing.labels.sections import Part

# What is read as no name: longer than the longest on any label.
LONGEST_NAME = 160
# So much of a piece is looked at: a name may have a list in its bracket.
_LONGEST_PIECE = 4000
_DEEPEST = 3
# Patterns are text: Python compiles one when it is first used, and few labels need them all.
_PERCENT = r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,4})?)\s?%(?:\s?\(?[wv]/[wv]\)?)?"
_PPM = r"(?i)(?<![\d.,])\d{1,7}(?:[.,]\d{1,4})?\s?pp[mb]\b"
_NOTE_NUMBER = r"\[\d{1,2}\]"
# Footnotes: superscripts, before NFKC makes digits of them, and signs.
_MARKS = dict.fromkeys(
    map(
        ord,
        "*\u2020\u2021\u00a7\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079"
        "\u00ae\u2122\u00b0^",
    )
)
_CONTROL = "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffd]"
_MAY_CONTAIN = (
    r"(?i)may (?:also )?contain|peut contenir|peuvent contenir|kann enthalten|puede contener"
    r"|pu[oò] contenere|pode conter|kan bevatten|może zawierać|может содержать"
    r"|\(?\+\s?/\s?-\)?(?!\s?\d)|±(?!\s?\d)"
)
_MAY_STEMS = (
    "contain",
    "conten",
    "enthalten",
    "conter",
    "bevatten",
    "zawiera",
    "содерж",
    "+",
    "\u00b1",
)
# On a label of the United States, what an active is for stands beside it.
_PURPOSES = (
    r"(?i)\b(?:purposes?|sunscreens?|skin protectant|acne (?:treatment|medication)|anti-?dandruff"
    r"|antiperspirant|skin lightener)\b[.:]?"
)
# A footnote that begins within the list's last line.
_INNER_NOTE = r"\s([*\u2020\u2021]+)\s?(?=[A-Z])"
_NOTED = (
    r"(?i)organic|origin|natural|certified|biolog|farming|ingredient|from |agricult|anbau|allergen"
    r"|component|constituent|trade|issu"
)
_NOTE_SIGNS = ("*", "\u2020", "\u2021", "\u00b9")
_OTHERS = r"(?i)(?:\b(?:and|&) )?other ingredients\W*$"
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_OPEN, _CLOSE = frozenset(_BRACKETS), frozenset(_BRACKETS.values())
_SEPARATORS = frozenset(",;|\u2022\u00b7\u25cf\u25aa\u25e6\u2219\u2027\u30fb\u3001\uff0c\uff1b")
# A dot after these ends no name, even before a capital.
_ABBREVIATED = r"(?i)\b(?:no|nos|st|var|ext|sp|ssp|subsp|f|c|d|n|o|p|e|u\.s)$"
_AND = r"(?i)\s?\(\s?(?:and|et|und|y|e)\s?\)\s?"


class Printed(NamedTuple):
    """One name of a list.

    Attributes:
        text: The name as printed, in one line.
        whole: The same without footnotes and percentage.
        name: The same without brackets too.
        inside: What stands in the brackets at its end; one amid a name holds a plant's common name.
        position: Its place in its list, from 1.
        percent: The percentage beside it.
        may: Whether it is among what the product only may contain.
    """

    text: str
    whole: str
    name: str
    inside: tuple[str, ...]
    position: int
    percent: float | None
    may: bool


class IngredientList(NamedTuple):
    """One list of a label.

    Attributes:
        items: Its names, in order.
        part: `all`, or `active` and `inactive` on a label of the United States.
        headed: Whether a word such as Ingredients stands before it.
        more: Whether it ends with `and other ingredients`.
    """

    items: tuple[Printed, ...]
    part: str
    headed: bool
    more: bool


class Label(NamedTuple):
    """What was read of a text.

    Attributes:
        lists: The lists on it.
        before: The words before the first of them.
        after: The words between and after them.
        cleaned: How many control characters were taken out.
    """

    lists: tuple[IngredientList, ...]
    before: str
    after: str
    cleaned: int

    @property
    def items(self) -> tuple[Printed, ...]:
        """Every name of every list."""
        return tuple(item for each in self.lists for item in each.items)

    @property
    def percent(self) -> float:
        """What the percentages of the fullest list add up to."""
        return max((sum(i.percent or 0 for i in each.items) for each in self.lists), default=0)


def parse_label(text: str) -> Label:
    """Return the lists of ingredients in a text; never fails, whatever the text."""
    plain = unescape(unescape(text)) if "&" in text else text
    cleaned = 0
    if not plain.replace("\n", " ").isprintable():
        plain, cleaned = re.subn(_CONTROL, " ", plain)
    parts, before, after = sections(plain)
    lists = [found for part in parts if (found := _list(part)).items]
    return Label(tuple(lists), before, after, cleaned)


def _list(part: Part) -> IngredientList:
    must, may = _parted(part.text)
    more = False
    items: list[Printed] = []
    for is_may, text in ((False, must), (True, may)):
        for piece in _split(text, active=part.kind == "active"):
            sure, others = re.subn(_OTHERS, "", piece) if "ngredient" in piece else (piece, 0)
            more = more or others > 0
            if (found := printed(sure, len(items) + 1, may=is_may)) is not None:
                items.append(found)
    return IngredientList(tuple(items), part.kind, part.headed, more)


def _parted(text: str) -> tuple[str, str]:
    """Return what a list surely has and what it may have; the bracket round the latter is gone."""
    lower = text.casefold()
    any_stem = any(stem in lower for stem in _MAY_STEMS)
    found = re.search(_MAY_CONTAIN, text) if any_stem else None
    if found is None:
        return text, ""
    head, tail = text[: found.start()].rstrip(), text[found.end() :]
    if head.endswith(tuple(_OPEN)):
        closing = _BRACKETS[head[-1]]
        inner, _, rest = tail.rpartition(closing)
        # What follows the bracket belongs to the list again.
        head, tail = (f"{head[:-1]}, {rest}", inner) if inner else (head[:-1], tail)
    return head, tail.lstrip(" :.-")


def printed(piece: str, position: int, *, may: bool = False) -> Printed | None:
    """Return a piece of a list as a name; `None` for one without a letter."""
    piece = piece[:_LONGEST_PIECE]
    text = " ".join(piece.split()).strip(" .:;,-_~")
    text = _whole(text)
    if not any(map(str.isalpha, text)) or _is_note(piece):
        return None
    percent = re.search(_PERCENT, text) if "%" in text else None
    bare = _bare(re.sub(_PERCENT, "", text) if percent else text)
    name, inside = _bracketed(bare)
    return Printed(
        text[:LONGEST_NAME],
        bare[:LONGEST_NAME],
        _named(name, inside, text),
        tuple(inside),
        position,
        None if percent is None else float(percent[1].replace(",", ".")),
        may,
    )


def _bare(text: str) -> str:
    """Return a name without amounts, footnotes, and what it is for: `Solvent: Aqua`."""
    bare = re.sub(_PPM, "", text) if "pp" in text.casefold() else text
    bare = re.sub(_NOTE_NUMBER, "", bare) if "[" in bare else bare
    bare = bare.translate(_MARKS)
    last = bare.rpartition(": ")[2]
    return last if any(map(str.isalpha, last)) else bare


def _named(name: str, inside: list[str], text: str) -> str:
    """Return a name; where it is all in brackets, what is in the first of them."""
    for each in (name, *inside):
        if any(map(str.isalpha, each)):
            return each[:LONGEST_NAME]
    return text[:LONGEST_NAME]


def _is_note(piece: str) -> bool:
    """Whether a piece is a footnote of the list: a mark first, then where things come from."""
    start = piece.lstrip()
    return start.startswith(_NOTE_SIGNS) and bool(re.search(_NOTED, start))


def _whole(text: str) -> str:
    """Return a text without a bracket round all of it, or one that never closes."""
    for _ in range(_DEEPEST):
        if text[:1] not in _BRACKETS or _closes_at(text) not in {-1, len(text) - 1}:
            break
        text = text[1:].removesuffix(_BRACKETS[text[0]]).strip()
    return text


def _closes_at(text: str) -> int:
    """Return where the bracket that opens a text is closed; -1 if it is not."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0:
            return at
    return -1


def _bracketed(text: str) -> tuple[str, list[str]]:
    """Return a name without its brackets, and what stands in those at its end."""
    name: list[str] = []
    inside: list[str] = []
    depth = start = 0
    for at, letter in enumerate(text):
        if letter in _OPEN:
            if depth == 0:
                _outer(text[start:at], name, inside)
                start = at + 1
            depth += 1
        elif letter in _CLOSE and depth:
            depth -= 1
            if depth == 0:
                inside.append(text[start:at].strip(" .:;,"))
                start = at + 1
    if depth:
        inside.append(text[start:].strip(" .:;,"))
    else:
        _outer(text[start:], name, inside)
    bare = " ".join(" ".join(name).translate(_NO_CLOSING).split()).strip(" .:;,-")
    return bare, [each for each in inside if any(map(str.isalpha, each))]


def _outer(text: str, name: list[str], inside: list[str]) -> None:
    """Add to a name; a bracket before it stood amid the name, and held no ingredient."""
    name.append(text)
    if any(map(str.isalpha, text)):
        inside.clear()


_NO_CLOSING = {ord(sign): None for sign in _CLOSE}


def pieces(text: str) -> list[str]:
    """Return the names in a bracket, which are parted as those of a list are."""
    return [piece for piece in _split(text, active=False) if piece.strip()]


def _split(text: str, *, active: bool) -> Iterator[str]:
    """Yield the pieces of a list, apart where one name ends and the next begins."""
    text = re.sub(_AND, ", ", text) if "(" in text else text
    text = re.sub(_PURPOSES, ", ", text) if active else text
    if any(sign in text for sign in _NOTE_SIGNS):
        text = re.sub(_INNER_NOTE, r", \1", text)
    spread = _spread(text)
    start = depth = 0
    closes = _closing(text)
    for at, letter in enumerate(text):
        if letter in _OPEN:
            # One that is never closed parts nothing and joins nothing.
            depth += closes > 0
        elif letter in _CLOSE:
            closes -= 1
            depth = max(0, depth - 1)
        elif depth == 0 and _ends(text, start, at, letter, spread=spread, active=active):
            yield text[start : at + (letter == "%")]
            start = at + 1
    yield text[start:]


def _closing(text: str) -> int:
    return sum(text.count(sign) for sign in _CLOSE)


def _spread(text: str) -> bool:
    """Whether each line is a name of its own: lines outnumber commas."""
    signs = sum(text.count(sign) for sign in _SEPARATORS)
    return text.strip().count("\n") > signs


def _ends(  # noqa: PLR0913 - where a name ends depends on all of them
    text: str, start: int, at: int, letter: str, *, spread: bool, active: bool
) -> bool:
    """Whether the name that began at `start` ends at a letter."""
    if letter in _SEPARATORS:
        return letter not in ",，" or not _in_number(text, start, at)
    if letter == "\n":
        return spread
    if letter == ".":
        return _ends_sentence(text, start, at)
    if letter == "%":
        return _name_follows(text, start, at, active=active)
    return letter == "-" and _is_dash(text, at)


def _in_number(text: str, start: int, at: int) -> bool:
    """Whether a comma stands within a name: 1,2-Hexanediol, N,N-Bis, 0,5 %; not in CI 77491,77492.

    Also in `1, 2-Hexanediol`, where the name so far is a number.
    """
    before, after = text[max(start, at - 5) : at], text[at + 1 : at + 4]
    so_far = text[start:at].strip() if at - start <= LONGEST_NAME else ""
    if so_far.isdigit() or (len(so_far) == 1 and so_far.isalpha()):
        return after.lstrip()[:1].isalnum()
    tail = before[len(before.rstrip("0123456789")) :]
    return 0 < len(tail) < 3 and after[:1].isdigit()  # noqa: PLR2004 - a colour index has five


def _ends_sentence(text: str, start: int, at: int) -> bool:
    """Whether a dot ends a name: a capital follows, and it is no abbreviation's."""
    after = text[at + 1 : at + 4].lstrip(" \n")
    if not after or not (after[0].isupper() or after[0] in "[(*+"):
        return False
    return re.search(_ABBREVIATED, text[max(start, at - 8) : at]) is None


def _name_follows(text: str, start: int, at: int, *, active: bool) -> bool:
    """Whether a percent sign ends a name: another begins at once, or it is an active's."""
    so_far = text[start : min(at, start + LONGEST_NAME)]
    after = text[at + 1 : at + 3]
    if not any(map(str.isalpha, so_far)):
        return False
    return after[:1].isalpha() or (active and after.lstrip()[:1].isalpha())


def _is_dash(text: str, at: int) -> bool:
    """Whether a hyphen between blanks parts two names: `AQUA - GLYCERIN`, not `C12 - 16`."""
    return (
        text[at - 1 : at] == " "
        and text[at + 1 : at + 2] == " "
        and text[at + 2 : at + 3].isupper()
        and not text[max(0, at - 2) : at].strip().isdigit()
    )
