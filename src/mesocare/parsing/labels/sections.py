"""Where on a label the lists of ingredients begin and end."""

from __future__ import annotations

import re
from typing import NamedTuple

# What stands before a list, in the languages of most labels. The longer comes first.
_HEADS = (
    "(?:active|inactive|other|full|cosmetic|all)? ?ingredients?(?: list)?|ingrédients?|ingredientes"
    "|ingredienti|ingrediente|ingrediënten|inhaltsstoffe|bestandteile|zutaten|inci|composition"
    "|composición|composizione|composição|zusammensetzung|składniki|skład|složení|összetevők"
    "|innehåll|ingredienser|ainesosat|sastojci|içindekiler|состав|ингредиенты|成分|全成分|전성분"
    "|thành phần|liste des ingrédients|lista de ingredientes"
)
# One of these is in every head, so that a bare list needs no pattern at all.
_STEMS = (
    "ingr", "inhalts", "bestandt", "zutat", "inci", "compos", "zusammens", "skład", "složen",
    "összet", "inneh", "ainesosa", "sastoj", "içindek", "состав", "ингре", "成分", "성분",
    "thành ph", "wirkstoff", "principes actifs",
)  # fmt: skip
_HEAD = (
    rf"(?i)(?<![\w-])(?:(?P<kind>active|inactive|other|principes actifs|wirkstoffe?)\b ?)?"
    rf"(?:{_HEADS})(?: ?\((?:inci|s)\))?(?: ?/ ?(?:{_HEADS}))*\s?"
    r"(?P<sign>[:：;=]|[-–](?= )|\n|(?=\s))"
)
_DRUG = r"\b(?:in)?active(?= ingredient)"
# A promise of some of them is no list.
_PRAISED = r"(?i)(?:key|hero|main|star|notable|our|free of|these|of|the|with)\s?$"
_TAIL = (
    r"(?i)(?:^|[\n.;|)\]])[ \t]*(?:"
    r"directions?\b|how to use|usage\b|use\s?:|uses\b|warnings?\b|cautions?\b|purposes?\b|made in\b"
    r"|manufactured\b|distributed\b|imported\b|please\b|disclaimer\b|store\b|storage\b|keep out\b"
    r"|for external use|questions\b|drug facts|other information|best before|batch\b|net wt"
    r"|contains [^,\n]{1,40}pp[mb]\b|mode d.emploi|conseils d.utilisation|précautions|conserver\b"
    r"|free (?:from|of)\b|without\b|ohne\b|sans\b|senza\b"
    r"|fabriqué\b|anwendung\b|hinweise?\b|warnhinweise?\b|hergestellt\b|modo de (?:empleo|uso)"
    r"|advertencias?\b|precauciones\b|hecho en\b|modo d.uso|avvertenze\b|prodotto in\b|wskazówki"
    r"|sposób użycia|ostrzeżenia|www\.|https?:|¿|ingredient lists? may|the list of ingredients"
    r")"
)
_SIGNS = ",;\u2022\u00b7|\u3001\uff0c\uff1b"
_TITLED = r"^[^,;\u2022:\n]{3,80}:\s"
_LEAST_IN_LINE = 2


class Part(NamedTuple):
    """The text of one list, its kind (`all`, `active`, `inactive`), and whether it had a head."""

    text: str
    kind: str
    headed: bool


def sections(text: str) -> tuple[list[Part], str, str]:
    """Return the texts of the lists in a text, the words before them and those after."""
    lower = text.casefold()
    found = re.finditer(_HEAD, text) if any(stem in lower for stem in _STEMS) else ()
    # A label of the United States names both, and on one line it may have no sign between.
    drug = len(set(re.findall(_DRUG, lower))) > 1
    heads = [each for each in found if _is_head(text, each, drug=drug)]
    if not heads:
        return _bare(text)
    parts, after = [], []
    for n, head in enumerate(heads):
        end = heads[n + 1].start() if n + 1 < len(heads) else len(text)
        body, rest = _until_tail(text[head.end() : end])
        parts.append(Part(body, _kind(head), headed=True))
        after.append(rest)
    return parts, text[: heads[0].start()], "\n".join(filter(str.strip, after))


def _is_head(text: str, found: re.Match[str], *, drug: bool) -> bool:
    """Whether a word is the head of a list, not a word of a sentence; `drug` of a drug's label."""
    if found["sign"] in {"", "\n"} and not (drug and found["kind"]):
        word = found[0].strip()
        line = text[max(0, found.start() - 40) : found.start()]
        alone = not line.rpartition("\n")[2].strip()
        if not alone or not (found["sign"] or word.isupper()):
            return False
    return re.search(_PRAISED, text[max(0, found.start() - 12) : found.start()]) is None


def _kind(head: re.Match[str]) -> str:
    word = head[0].casefold().lstrip()
    if word.startswith("inactive"):
        return "inactive"
    return "active" if word.startswith(("active", "principes", "wirk")) else "all"


def _until_tail(text: str) -> tuple[str, str]:
    """Return a list, and what follows it: what ends it, or an empty line and then a sentence."""
    found = re.search(_TAIL, text[1:])
    end = len(text) if found is None else 1 + found.start() + (found[0][:1] in ")]")
    return text[:end], text[end:]


def _bare(text: str) -> tuple[list[Part], str, str]:
    """Return a text without any head as one list, its title apart."""
    body, rest = _until_tail(text)
    title = ""
    lines = body.splitlines(keepends=True)
    listed = [sum(map(line.count, _SIGNS)) >= _LEAST_IN_LINE for line in lines]
    if any(listed):
        first = listed.index(True)
        title = "".join(lines[:first])
        # A line with a single comma may be the first of the list.
        while title.rstrip().endswith((",", ";")):
            first -= 1
            title = "".join(lines[:first])
        body = "".join(lines[first:])
    named = re.match(_TITLED, body) if ": " in body[:90] else None
    if named is not None:
        title, body = title + named[0], body[named.end() :]
    return [Part(body, "all", headed=False)], title, rest
