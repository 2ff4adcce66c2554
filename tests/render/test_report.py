"""The summary for the clinic: what it holds, as text, page and JSON, and that the page is safe."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Protocol
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from mesocare.app.report import Summary
from mesocare.core.diary.entries import Entry
from mesocare.core.diary.triage import triage
from mesocare.core.model import Treatment
from mesocare.core.question import Question
from mesocare.core.verdict.engine import answer
from mesocare.parsing import dates
from mesocare.render.html.report import report_html
from mesocare.render.text.page import Page
from mesocare.render.text.report import report_text
from tests.support.process import TREATED, ZONE
from tests.support.records import treatment

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.store.treatments import StoredTreatment
    from tests.support.process import Program

BERLIN = ZoneInfo(ZONE)
AT = ("report", "--at", "2024-05-06T12:00")
NOW = datetime(2024, 5, 6, 10, 0, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script> & \"more\""
SECTIONS = (
    "Findings", "Worth answering", "Treatments", "Restrictions now", "Diary", "Timeline",
    "Evidence for the findings",
)  # fmt: skip


class Make(Protocol):
    """Makes a summary of a diary and the treatments on record."""

    def __call__(self, *entries: Entry, record: tuple[StoredTreatment, ...] = ...) -> Summary:
        """Return it, as of six days after a face treatment."""


def _entry(at: str, sign: str | None, score: int | None, **more: object) -> Entry:
    words = str(more.pop("words", sign))
    moment = dates.parse_at(at, now=NOW, zone=BERLIN)
    entry = Entry(f"{at} {words}", sign, words, score, None, None, moment)
    return entry._replace(**more)  # type: ignore[arg-type]


ENTRIES = (
    _entry("2024-05-02T09:00", "redness", 4, note="after a walk"),
    _entry("2024-05-03T09:00", "grouped-blisters", None, words="blisters"),
    _entry("2024-05-04T09:00", "redness", 0, temperature=38.2),
    _entry("2024-05-05T09:00", "swelling", 3),
)


@pytest.fixture
def make(rules: RuleSet) -> Make:
    """Return what makes a summary of a diary and a treatment on record."""

    def made(
        *entries: Entry, record: tuple[StoredTreatment, ...] = (treatment(note=None),)
    ) -> Summary:
        treated = dates.parse_treated(TREATED, at=NOW, zone=BERLIN)
        treatments = (Treatment("face", treated),)
        scene = Question(NOW, BERLIN, treatments, rules)
        groups = [rules.groups[each] for each in rules.headline_groups]
        answers = tuple(answer(each, treatments, rules, NOW) for each in groups)
        return Summary(
            scene, record, entries, triage(entries, treatments, rules, NOW), answers, NOW
        )

    return made


def _text(summary: Summary, width: int = 80) -> str:
    page = Page(no_color=True, console=Console(file=io.StringIO(), width=width))
    return report_text(summary, page)


class _Tags(HTMLParser):
    """Reads every element with its attributes, and the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def _tags(html: str) -> _Tags:
    page = _Tags()
    page.feed(html)
    page.close()
    return page


def test_every_section_is_there_in_both_forms(make: Make) -> None:
    """The findings lead; text and page have the same sections in the same order."""
    summary = make(*ENTRIES)
    text, html = _text(summary), report_html(summary)
    places = [text.index(f"\n{each}\n") for each in SECTIONS]
    assert places == sorted(places)
    assert re.findall("<h2>(.*?)</h2>", html) == list(SECTIONS)


def test_treatment_is_shown_as_typed_and_as_understood(make: Make) -> None:
    """With clinic, telephone, note, and what the clinic said otherwise, reason and all."""
    row = treatment(
        typed="1 May 14:30",
        phone="020 7946 0000",
        note="left side first",
        overrides={"foundation": {"until": "72 h", "reason": "My clinic said three days"}},
    )
    summary = make(*ENTRIES, record=(row,))
    for words in (" ".join(_text(summary).split()), _tags(report_html(summary)).words):
        for part in (
            "1 May 14:30 (Europe/Berlin)",
            "Wed 1 May 2024, 14:30",
            "Rose Clinic",
            "020 7946 0000",
            "left side first",
            "not for 72 h. My clinic said three days",
        ):
            assert part in words


def test_finding_names_its_entries_and_its_sources(make: Make, rules: RuleSet) -> None:
    """Each claim a finding rests on is listed below with its grade, publisher and title."""
    summary = make(*ENTRIES)
    text, page = " ".join(_text(summary).split()), _tags(report_html(summary)).words
    assert summary.meaning.findings
    assert "Fri 3 May 2024, 09:00: blisters" in text
    assert "Fri 3 May 2024, 09:00: blisters" in page
    for finding in summary.meaning.findings:
        for id_ in finding.evidence:
            source = rules.evidence[id_].source
            assert f"[{rules.evidence[id_].grade}] {source.publisher}: {source.title}" in text
            assert f"{source.publisher}: {source.title}" in page


def test_timeline_is_in_order_and_by_day(make: Make) -> None:
    """Treatment, entries and changed restrictions stand together under their day."""
    text = _text(make(*ENTRIES))
    lines = text[text.index("\nTimeline\n") :].splitlines()[2:]
    assert lines[:6] == [
        " Wed 1 May 2024",
        "  14:30   Face treatment: Wed 1 May 2024, 14:30",
        " Thu 2 May 2024",
        "  09:00   redness, 4 of 10, after a walk",
        " Fri 3 May 2024",
        "  09:00   blisters",
    ]
    assert "  14:30   Exercise: limited" in lines


def test_restrictions_are_those_of_today(own: Program) -> None:
    """The same verdicts as `today`, for the headline groups."""
    assert own.run("treated", TREATED).code == 0
    assert own.run("treated", "2023-05-01T14:30", "--type", "scalp").code == 0
    plain = own.run(*AT, "--json").json()
    today = own.run("today", *AT[1:], "--json").json()["answers"]
    shown = [(each["group"], each["verdict"]) for each in plain["restrictions"]]
    assert shown == [(each["group"], each["verdict"]) for each in today[: len(shown)]]
    assert len(shown) == 5


def test_json_has_the_whole_summary(own: Program) -> None:
    """What is on record, the timeline, each sign day by day, sources and the zone."""
    assert own.run("treated", TREATED, "--clinic", "Rose Clinic").code == 0
    for words, at in (("redness 3", "2024-05-02T09:00"), ("redness 2", "2024-05-05T09:00")):
        assert own.run("feel", *words.split(), "--at", at).code == 0
    plain = own.run(*AT, "--json").json()
    assert plain["schema"] == "mesocare.report/1"
    assert plain["zone"] == ZONE
    assert [each["clinic"] for each in plain["record"]] == ["Rose Clinic"]
    [sign] = plain["signs"]
    assert (sign["sign"], sign["kind"], sign["beyond"]) == ("redness", "reaction", True)
    assert sign["expected"] == [
        {"from": "2024-05-01T14:30:00+02:00", "until": "2024-05-04T14:30:00+02:00"}
    ]
    assert sign["days"] == [
        {"date": "2024-05-02", "peak": 3, "present": True},
        {"date": "2024-05-05", "peak": 2, "present": True},
    ]
    kinds = [each["kind"] for each in plain["timeline"]]
    assert kinds[0] == "treatment"
    assert kinds.count("entry") == 2
    assert "change" in kinds
    cited = {id_ for each in plain["findings"] for id_ in each["evidence"]}
    assert {each["id"] for each in plain["sources"]} == cited


def test_page_allows_nothing_but_its_own_style(make: Make) -> None:
    """The policy in the page names the style by its digest; nothing is loaded or run."""
    html = report_html(make(*ENTRIES))
    tags = _tags(html).tags
    [policy] = [
        str(attrs["content"]) for tag, attrs in tags
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]  # fmt: skip
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    names = {name for _, attrs in tags for name in attrs}
    assert not {name for name in names if name.startswith("on")}
    assert not {"href", "src", "style", "xlink:href", "action"} & names
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in tags}
    assert "@import" not in html
    assert "url(" not in html


def test_page_is_accessible(make: Make) -> None:
    """A language, heads for each table's columns and rows, and words for every drawing."""
    html = report_html(make(*ENTRIES))
    tags = _tags(html).tags
    assert ("html", {"lang": "en"}) in tags
    heads = [attrs for tag, attrs in tags if tag == "th"]
    assert all({"scope", "colspan"} & set(attrs) for attrs in heads)
    assert html.count("<caption>") == html.count("<table")
    drawings = [attrs for tag, attrs in tags if tag == "svg"]
    assert len(drawings) == 4
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawings)
    assert html.count("<svg") == html.count("<title>") - 1
    [redness] = [attrs for attrs in drawings if str(attrs["aria-label"]).startswith("Redness")]
    assert "2024-05-02: 4; 2024-05-04: 0" in str(redness["aria-label"])


def test_drawings_are_well_formed_and_within_their_frame(make: Make) -> None:
    """Each is valid XML, and no bar leaves the paper; the expected time is a shaded part."""
    entries = [_entry(f"2024-05-0{day}T23:59", "redness", 10) for day in range(1, 6)]
    html = report_html(make(*entries))
    [drawing] = re.findall("<svg.*?</svg>", html)
    root = ET.fromstring(drawing)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    shapes = [each.attrib for each in root.iter("rect")]
    assert len(shapes) == 6
    assert sum(each["class"] == "expected" for each in shapes) == 1
    assert sum(each["class"] == "beyond" for each in shapes) == 2
    for each in shapes:
        assert 0 <= float(each["x"]) <= float(each["x"]) + float(each["width"]) <= width
        assert 0 <= float(each["y"]) <= float(each["y"]) + float(each["height"]) <= height


@pytest.mark.parametrize(
    "words",
    [HOSTILE, "</bdi></td><script>", '"><img src=x onerror=1>', "&lt;b&gt;", "]]>", "' onload='x"],
)
def test_page_shows_what_was_typed_as_text(make: Make, words: str) -> None:
    """In a note, a sign, a clinic: never as markup, and to the letter."""
    clean = {tag for tag, _ in _tags(report_html(make(*ENTRIES))).tags}
    noted = (
        _entry("2024-05-02T09:00", None, 4, words=words),
        _entry("2024-05-03T09:00", "redness", 3, note=words),
    )
    row = treatment(clinic=words, note=words, phone=words, typed=words, area=words)
    page = _tags(report_html(make(*noted, record=(row,))))
    assert {tag for tag, _ in page.tags} <= clean
    assert page.words.count(words) >= 7
    names = {name for _, attrs in page.tags for name in attrs}
    assert not {name for name in names if name.startswith("on")} | ({"src"} & names)


def test_page_lets_no_text_turn_the_rest_around(make: Make) -> None:
    """An override of direction is spelt out, and right-to-left words are isolated."""
    noted = (
        _entry("2024-05-02T09:00", None, 4, words="toes\u202e01 fo 9"),
        _entry("2024-05-03T09:00", "redness", 3, note="אדום"),
    )
    html = report_html(make(*noted))
    assert "\u202e" not in html
    assert "\\u202e" in html
    assert "<bdi>אדום</bdi>" in html


def test_page_shows_nothing_to_worry_about_without_saying_that_all_is_well(make: Make) -> None:
    """A summary without findings and one without a diary are whole pages too."""
    summary = make(_entry("2024-05-02T09:00", "redness", 0))
    for words in (_text(summary), _tags(report_html(summary)).words):
        assert "That cannot say that all is well." in " ".join(words.split())
    for words in (_text(make()), _tags(report_html(make())).words):
        assert "Nothing was noted." in words


@pytest.mark.parametrize("width", [40, 80, 120])
def test_text_fits_its_width(make: Make, width: int) -> None:
    """No line is wider than the screen, and nothing is left out to make it so."""
    summary = make(*ENTRIES)
    lines = _text(summary, width).splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    said = [*SECTIONS, *(each.text for each in summary.meaning.findings)]
    said += [each.text for each in summary.meaning.missing]
    said += [each.note for each in summary.entries if each.note]
    assert len(said) > len(SECTIONS) + 2
    assert [each for each in said if each not in words] == []


def test_it_says_which_rules_answered_and_when(make: Make, rules: RuleSet) -> None:
    """Name, version, review, the whole digest, the zone, and when it was made."""
    summary = make(*ENTRIES)
    identity = rules.identity
    for words in (_text(summary), _tags(report_html(summary)).words):
        flat = " ".join(words.split())
        assert f"Rules: {identity.name} {identity.version}, reviewed {identity.reviewed}" in flat
        assert identity.sha256 in flat.replace(" ", "")
        assert "As at Mon 6 May 2024, 12:00, in Europe/Berlin." in flat
        assert re.search("[Mm]ade Mon 6 May 2024, 12:00", flat)


def test_page_and_json_together_are_refused(own: Program) -> None:
    """Both are named, and no file is written."""
    assert own.run("treated", TREATED).code == 0
    done = own.run(*AT, "--json", "--html", "summary.html")
    assert done.code == 2
    assert "--html and --json were both given" in done.err
    assert not list(own.place.iterdir())


def test_page_goes_before_a_standing_wish_for_json(own: Program) -> None:
    """Where the environment asks for JSON once and for all, the flag is the nearer word."""
    assert own.run("treated", TREATED).code == 0
    done = own.run(*AT, "--html", "summary.html", env={"MESOCARE_JSON": "1"})
    assert (done.code, done.out) == (0, "Written to summary.html\n")


@pytest.mark.parametrize("name", ["", " ", ".", "folder", "none/summary.html"])
def test_name_that_is_no_file_is_refused(own: Program, name: str) -> None:
    """An empty one, a directory, a directory that is not there: one line, and nothing written."""
    assert own.run("treated", TREATED).code == 0
    (own.place / "folder").mkdir()
    done = own.run(*AT, "--html", name)
    assert done.code == 2
    assert "could not be written" in done.err
    assert "Traceback" not in done.err
    assert [each.name for each in own.place.rglob("*")] == ["folder"]
