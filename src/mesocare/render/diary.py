"""The view of the diary: a sparkline per sign, day by day, and the entries themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.render.page import Page
from mesocare.render.words import date_words, instant_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, tzinfo

    from mesocare.core.diary import Entry
    from mesocare.core.model import RuleSet

COLUMN = 26
DAYS_SHOWN = 40
BARS = "▁▂▃▄▅▆▇█"
PLAIN_BARS = ".:-=+*#@"
# A sign that is there without a figure is drawn in the middle of the scale.
UNSCORED = 5


def diary_text(
    entries: Sequence[Entry], rules: RuleSet, zone: tzinfo, page: Page | None = None
) -> str:
    """Return the diary: every sign's course, then its entries, the latest last."""
    page = page or Page(no_color=False)
    if not entries:
        page.line("The diary is empty. Type for example: mesocare feel redness 3")
        return page.text()
    labels = {id_: reaction.label for id_, reaction in rules.reactions.items()}
    labels |= {id_: flag.label for id_, flag in rules.red_flags.items()}
    signs: dict[str, list[Entry]] = {}
    for each in entries:
        signs.setdefault(labels.get(each.sign or "", each.words), []).append(each)
    last = entries[-1].at.astimezone(zone).date()
    for label, own in signs.items():
        page.row([(label[: COLUMN - 2], "bold")], COLUMN, *_course(page, own, zone, last))
    page.line((f"A column a day, up to {date_words(entries[-1].at, zone)}; 0 is gone.", "dim"))
    page.gap()
    for each in entries:
        page.row([instant_words(each.at, zone)], COLUMN, _entry(each))
    return page.text()


def _course(page: Page, entries: Sequence[Entry], zone: tzinfo, last: date) -> list[str]:
    """Return a sparkline of each day's highest score; a day without an entry is blank."""
    highest: dict[int, int] = {}
    for each in entries:
        ago = (last - each.at.astimezone(zone).date()).days
        score = UNSCORED if each.score is None else each.score
        highest[ago] = max(score, highest.get(ago, 0))
    bars = BARS if page.signs.full == "█" else PLAIN_BARS
    days = range(min(max(highest), DAYS_SHOWN - 1), -1, -1)
    cells = [
        " "
        if ago not in highest
        else "0"
        if not highest[ago]
        else bars[(highest[ago] - 1) * 8 // 10]
        for ago in days
    ]
    latest = entries[-1]
    now = "there" if latest.score is None else f"{latest.score} of 10"
    return ["".join(cells), f"  {now}"]


def _entry(entry: Entry) -> str:
    parts = [entry.words]
    if entry.score is not None:
        parts.append(f"{entry.score} of 10")
    if entry.temperature is not None:
        parts.append(f"{entry.temperature:g} C")
    if entry.note:
        parts.append(entry.note)
    return ", ".join(parts)
