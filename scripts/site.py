"""Build the documentation site: the pages of docs/, and one for each activity made from data/.

    python scripts/site.py [FOLDER]

Pages and drawings are prepared in site/pages; with a folder they are prepared there and nothing is
built. Every link inside the built site is followed, and one that leads nowhere is an error.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from mesocare.core.model import Verdict
from mesocare.render.html.drawing import Circle, Line, Rect, Text, drawn
from mesocare.render.html.page import literal, part
from mesocare.render.phrasing import hours_words, joined
from mesocare.rules.loader import load_rules
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import Evidence, Item, Rule, RuleSet
    from mesocare.render.html.drawing import Shape

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "site"
WIDTH, SIDE, TOP, BAR = 560, 10, 18, 18
GRADES = ("A", "B", "C")
TICKS = (0, 12, 24, 48, 72, 168, 336, 672, 2160, 8760)
TICK_ROOM = 44
# Nearly linear in the first day, then each doubling as wide as the one before.
KNEE = 12
_LINK = re.compile(r"\]\(((?:\.\./)+(?!docs/)[^)\s]+)\)")
_BREAKS = re.compile(r"([|\\`*_\[\]<>])")


def prepare(folder: Path) -> None:
    """Put every page of the site into a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("words"))
    (folder / "README.md").rename(folder / "index.md")
    rules = load_rules()
    for page in folder.rglob("*.md"):
        page.write_text(_inside(page, folder), encoding="utf-8")
    activities = folder / "activities"
    activities.mkdir()
    (activities / "index.md").write_text(_index(rules), encoding="utf-8")
    (activities / "sources.md").write_text(_sources(rules), encoding="utf-8")
    for item in rules.items.values():
        (activities / f"{item.id}.md").write_text(_page(item, rules), encoding="utf-8")
        for type_, rule in item.rules.items():
            if rule.concerns:
                name = f"{item.id}-{type_}.svg"
                (activities / name).write_text(_drawing(item, type_, rule, rules), encoding="utf-8")


def _inside(page: Path, folder: Path) -> str:
    """Return a page whose links stay inside the site; what is not part of it is named only."""
    name = page.relative_to(folder)
    original = ROOT / "docs" / ("README.md" if name == Path("index.md") else name)

    def moved(found: re.Match[str]) -> str:
        target = (original.parent / found[1].partition("#")[0]).resolve()
        if target.is_relative_to(ROOT / "docs"):
            return found[0]
        if (
            target.is_relative_to(ROOT / "data")
            and target.is_file()
            and "words" not in target.parts
        ):
            up = "../" * len(original.relative_to(ROOT / "docs").parts[:-1])
            return f"]({up}{target.relative_to(ROOT).as_posix()})"
        return f'](# "{target.relative_to(ROOT).as_posix()}")'

    return _LINK.sub(moved, page.read_text(encoding="utf-8"))


def _index(rules: RuleSet) -> str:
    lines = [
        "# Activities",
        "",
        "What the rule set says of each activity: the phases after each type of treatment, the",
        "sources they rest on, and where these disagree. It is made from the files in `data/`.",
        "",
    ]
    for group in rules.groups.values():
        lines += [f"## {group.label}", ""]
        lines += [
            f"- [{_plain(rules.items[id_].label)}]({id_}.md)"
            for id_ in group.items
            if rules.items[id_].group == group.id
        ]
        lines.append("")
    lines += ["[All sources](sources.md)", ""]
    return "\n".join(lines)


def _sources(rules: RuleSet) -> str:
    lines = [
        "# Sources",
        "",
        "Grades: A study, society, hospital or label; B clinic; C commercial page.",
        "",
    ]
    for each in rules.sources.values():
        title = _plain(each.title)
        shown = f"[{title}]({each.url})" if each.url else title
        lines += [
            f"## {each.id}",
            "",
            f"{shown}. {_plain(each.publisher)}. Grade {each.grade}, read {each.read}.",
            "",
        ]
    return "\n".join(lines)


def _page(item: Item, rules: RuleSet) -> str:
    group = rules.groups[item.group]
    lines = [f"# {_plain(item.label)}", "", f"Part of [{group.label}](index.md).", ""]
    if item.aliases:
        lines += [f"Also called: {_plain(', '.join(item.aliases))}.", ""]
    if item.harm:
        lines += [f"What could go wrong: {item.harm}.", ""]
    if item.instead:
        lines += [f"Meanwhile: {_plain(item.instead)}", ""]
    for type_, rule in item.rules.items():
        lines += [f"## After {lower_first(rules.types[type_].label)} mesotherapy", ""]
        if not rule.concerns:
            lines += [f"Not restricted. {_plain(rule.phases[0].reason)}", ""]
            continue
        lines += [f"![{_plain(_spoken(rule))}]({item.id}-{type_}.svg)", "", *_phases(rule), ""]
        lines += _disagreement(rule, rules)
    return "\n".join(lines)


def _phases(rule: Rule) -> Iterator[str]:
    yield "| until | verdict | why | condition | claims |"
    yield "|---|---|---|---|---|"
    for each in rule.phases:
        until = "for good" if each.until is None else hours_words(each.until.nominal_hours)
        texts = [_plain(each.reason), _plain(each.condition or ""), ", ".join(each.evidence)]
        yield f"| {' | '.join([until, each.verdict.value, *texts])} |"


def _disagreement(rule: Rule, rules: RuleSet) -> list[str]:
    rows = sorted((rules.evidence[id_] for id_ in rule.evidence), key=_figure)
    figured = [row for row in rows if row.restricts and row.max_hours is not None]
    lines = []
    if figured:
        low = min(row.min_hours or 0 for row in figured)
        high = max(row.max_hours or 0 for row in figured)
        credible = max((row.max_hours or 0 for row in figured if row.credible), default=0)
        chosen = rule.restricted_until
        said = "no end" if chosen is None else hours_words(chosen.nominal_hours)
        span = f"**The sources run from {hours_words(low)} to {hours_words(high)}**"
        best = f"the longest credible figure is {hours_words(credible)}"
        lines += [f"{span}; {best}, and {said} was chosen.", ""]
    if rule.rationale:
        lines += [f"Why so: {_plain(rule.rationale)}", ""]
    lines += ["| claim | grade | figure | source | what it says |", "|---|---|---|---|---|"]
    for row in rows:
        figure = _figures(row)
        source = f"[{_plain(row.source.publisher)}](sources.md#{row.source.id.lower()})"
        lines.append(f"| {row.id} | {row.grade} | {figure} | {source} | {_plain(row.paraphrase)} |")
    return [*lines, ""]


def _figure(row: Evidence) -> tuple[int, int]:
    return (row.max_hours if row.max_hours is not None else 10**6, row.min_hours or 0)


def _figures(row: Evidence) -> str:
    known = [each for each in (row.min_hours, row.max_hours) if each is not None]
    return " to ".join(dict.fromkeys(hours_words(each) for each in known)) or "none"


def _spoken(rule: Rule) -> str:
    parts = []
    for each in rule.phases:
        until = "" if each.until is None else f" until {hours_words(each.until.nominal_hours)}"
        parts.append(f"{each.verdict.value}{until}")
    return joined(parts, "then")


class Scale(NamedTuple):
    """Where a number of hours lies on a drawing."""

    longest: float

    def x(self, hours: float) -> float:
        """Return the place; what lies beyond is at the edge."""
        share = math.log1p(hours / KNEE) / math.log1p(self.longest / KNEE)
        return SIDE + min(share, 1) * (WIDTH - 2 * SIDE)


def _drawing(item: Item, type_: str, rule: Rule, rules: RuleSet) -> str:
    """Return the phases as bars, and below them every claim with a figure, a row for each grade."""
    claims = [rules.evidence[id_] for id_ in rule.evidence]
    figured = [row for row in claims if row.restricts and row.max_hours is not None]
    ends = [each.until.nominal_hours for each in rule.phases if each.until is not None]
    scale = Scale(1.15 * max([*ends, *(row.max_hours or 0 for row in figured), KNEE]))
    shapes: list[Shape] = list(_bars(rule, scale))
    y = TOP + BAR + 26
    for grade in GRADES:
        rows = [row for row in figured if row.grade == grade]
        if rows:
            shapes += _dots(rows, scale, y)
            shapes.append(Text("small", SIDE, y - 9, f"grade {grade}: {len(rows)}"))
            y += 30
    shapes += _ticks(scale, y)
    height = y + 14
    title = (
        f"{item.label} after {lower_first(rules.types[type_].label)} mesotherapy: {_spoken(rule)}"
    )
    ground = Rect("ground", 0, 0, WIDTH, height)
    css = literal(part("timeline.css"), dark=True)
    return (
        str(drawn(title, title, WIDTH, height, [ground, *shapes], style=css, hatched=True)) + "\n"
    )


def _bars(rule: Rule, scale: Scale) -> Iterator[Shape]:
    begin = 0.0
    for each in rule.phases:
        end = scale.longest if each.until is None else each.until.nominal_hours
        x, width = scale.x(begin), scale.x(end) - scale.x(begin)
        partly = each.verdict is Verdict.ALLOWED and each.condition
        yield Rect("partly" if partly else each.verdict.value, x, TOP, width, BAR)
        if width > 7 * len(each.verdict.value):
            yield Text("small", x + 2, TOP - 5, each.verdict.value)
        begin = end


def _dots(rows: Sequence[Evidence], scale: Scale, y: float) -> Iterator[Shape]:
    for row in rows:
        low, high = scale.x(row.min_hours or row.max_hours or 0), scale.x(row.max_hours or 0)
        if low < high:
            yield Line("claim", low, y, high, y)
        yield Circle("claim", high, y, 3.5)


def _ticks(scale: Scale, y: float) -> Iterator[Shape]:
    last = float(-TICK_ROOM)
    for hours in TICKS:
        x = scale.x(hours)
        if hours <= scale.longest and x - last >= TICK_ROOM and x < WIDTH - TICK_ROOM:
            yield Line("grid", x, TOP, x, y - 10)
            yield Text("day", x, y, hours_words(hours) if hours else "0")
            last = x


def _plain(text: str) -> str:
    """Return a text in which nothing is a mark of Markdown."""
    return _BREAKS.sub(r"\\\1", text)


class _Links(HTMLParser):
    """Collects where a page leads and what can be led to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of addresses and names."""
        for name, value in attrs:
            if value and (name == "id" or (name == "name" and tag == "a")):
                self.names.add(value)
            if value and name in {"href", "src"}:
                self.links.append(value)


def broken(site: Path) -> list[str]:
    """Return every link inside a built site that leads nowhere, and every load from elsewhere."""
    pages = {path.resolve(): _Links() for path in site.rglob("*.html")}
    for path, found in pages.items():
        found.feed(path.read_text(encoding="utf-8"))
    problems = []
    for path, found in pages.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            base = site if parts.path.startswith("/") else path.parent
            target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            named = unquote(parts.fragment)
            known = pages.get(target)
            if not target.exists() or (named and known and named not in known.names):
                problems.append(f"{path.relative_to(site.resolve())}: {link}")
    return problems


def main() -> None:
    """Prepare, build and check."""
    if len(sys.argv) > 1:
        prepare(Path(sys.argv[1]))
        return
    prepare(BUILD / "pages")
    shutil.rmtree(BUILD / "html", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - its own words
    if problems := broken(BUILD / "html"):
        sys.exit("links that lead nowhere:\n" + "\n".join(problems))
    pages = len(list((BUILD / "html").rglob("*.html")))
    sys.stdout.write(f"{pages} pages in site/html; every link inside leads somewhere\n")


if __name__ == "__main__":
    main()
