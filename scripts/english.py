"""Write data/words/english.txt: words of English that look like a slip of a word of ours.

Run it after the word lists have changed. It needs lists of English words, one a line; those of the
Debian packages wamerican and wbritish are in /usr/share/dict.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mesocare.parsing.normal_form import normal_form
from mesocare.parsing.packing import unpacked
from mesocare.parsing.spelling import SHORTEST, near
from mesocare.rules.compiler.words import compile_words
from mesocare.rules.loader import built_in, compile_files, read_files

LISTS = ("/usr/share/dict/american-english", "/usr/share/dict/british-english")


def main(lists: list[str]) -> None:
    """Write the file anew."""
    plain, problems = compile_files(read_files())
    if plain is None or problems:
        raise SystemExit("the rules have problems: mesocare rules check")
    tables = {name: unpacked(each) for name, each in compile_words(plain).items()}
    # What is a word of signs may still look like one of activities, and the other way round.
    vocabularies = [tables[name]["spelled"] for name in ("activities", "signs")]
    texts = [Path(name).read_text(encoding="utf-8") for name in lists]
    words = {word for text in texts for word in text.split() if _counts(word)}
    forms = (tables["forms"]["spellings"], tables["forms"]["joined"])
    spelled = {normal_form(word, *forms)[0] for word in words}
    alike = {
        word
        for ours in vocabularies
        for word in spelled - set(ours.split())
        if _counts(word) and near(word, ours)
    }
    path = built_in() / "words" / "english.txt"
    path.write_text("\n".join(sorted(alike)) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(alike)} of {len(words)} words in {path}\n")


def _counts(word: str) -> bool:
    """Whether a word is no name, and long enough to be a slip."""
    return word.isalpha() and word.islower() and len(word) >= SHORTEST


if __name__ == "__main__":
    main(sys.argv[1:] or list(LISTS))
