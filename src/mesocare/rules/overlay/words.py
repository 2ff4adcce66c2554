"""The word lists of a rule set with the names and decoys that a clinic's protocol adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.lexicon import Lexicon
from mesocare.parsing.names import exact_key, names
from mesocare.parsing.packing import unpacked
from mesocare.rules.compiler.words import word_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]


def merged_words(overlay: Overlay, sha256: str) -> Plain:
    """Return the word lists of both together, and note a name that would shadow an emergency.

    A name that the clinic gives to an item of its own leads there, and no longer where the rule
    set's lists had it lead.

    Args:
        overlay: The protocol over the rule set that it extends.
        sha256: The digest of that rule set's content, by which its tables of words are kept.
    """
    words: Plain = unpacked(overlay.base["words"])
    said = overlay.said.get("words", {})
    _check_names(overlay, sha256)
    own = {exact_key(text) for _, text in _own_names(overlay)}
    listed = {
        id_: [text for text in texts if exact_key(text) not in own]
        for id_, texts in words["activities"]["names"].items()
    }
    for id_, texts in said.get("names", {}).items():
        listed[id_] = [*listed.get(id_, ()), *texts]
        overlay.origins["words/activities.yaml", ("names", id_)] = ("words", "names", id_)
    decoys = [*words["activities"]["decoys"], *said.get("decoys", ())]
    return {**words, "activities": {**words["activities"], "names": listed, "decoys": decoys}}


def _own_names(overlay: Overlay) -> Iterator[tuple[Path, str]]:
    """Yield every name that the protocol gives, with its place."""
    for id_, each in overlay.said.get("items", {}).items():
        for text in names(id_, each["label"], each.get("aliases", [])):
            yield ("items", id_), text
    for id_, texts in overlay.said.get("words", {}).get("names", {}).items():
        for n, text in enumerate(texts):
            yield ("words", "names", id_, n), text


def _check_names(overlay: Overlay, sha256: str) -> None:
    """Note each name that reads as an emergency: its answer would hide whom to call."""
    given = list(_own_names(overlay))
    if not given:
        return
    from mesocare.parsing.sign_words import SignReader

    reader = SignReader(Lexicon(word_tables(overlay.base, sha256)))
    urgency = {id_: flag["urgency"] for id_, flag in overlay.base["red_flags"].items()}
    for path, text in given:
        flag = next((id_ for id_ in reader.raised(text) if urgency[id_] == "emergency"), None)
        flag = flag or _named(overlay, text, urgency)
        if flag:
            message = f"{text!r} reads as the emergency {flag!r}, and would hide whom to call"
            overlay.note(path, message)


def _named(overlay: Overlay, text: str, urgency: dict[str, str]) -> str | None:
    """Return the emergency of which a text is a name to the letter."""
    flag: str | None = overlay.base["sign_names"].get(exact_key(text))
    return flag if flag is not None and urgency.get(flag) == "emergency" else None
