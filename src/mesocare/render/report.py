"""The clinician's summary: treatments, diary charts, findings; a page of its own or JSON.

The page is one file without scripts, fonts or pictures from elsewhere; it prints on paper.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mesocare.render.words import NOTHING_UNEXPECTED, elapsed_words, instant_words, treated_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.core.diary import Entry
    from mesocare.core.triage import Triage
    from mesocare.render.scene import Scene

WIDTH, HEIGHT, MARGIN = 640, 90, 24
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b2a2f; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p.quiet, td.quiet { color: #55666b; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #d8e0e2;
  vertical-align: top; }
.emergency { color: #a4161a; font-weight: 700; } .same_day { color: #9a5b00; font-weight: 700; }
.contact_clinic { font-weight: 700; } svg { width: 100%; height: auto; }
@media print { body { margin: 0; } h2 { break-after: avoid; } }
"""


def report_html(triage: Triage, entries: Sequence[Entry], scene: Scene) -> str:
    """Return the summary as an HTML page."""
    identity = scene.rules.identity
    rules = _said(f"Rules: {identity.name} {identity.version}, reviewed {identity.reviewed}.")
    body = [
        "<h1>After mesotherapy: a summary for the clinic</h1>",
        f'<p class="quiet">As at {_said(instant_words(scene.at, scene.zone))}. {rules}</p>',
        "<h2>Treatments</h2>",
        _table(
            ("Type", "When", "Ago"),
            (
                (
                    scene.rules.types[each.type].label,
                    treated_words(each),
                    elapsed_words(each, scene.at),
                )
                for each in scene.treatments
            ),
        ),
        "<h2>Findings</h2>",
        *_findings(triage, scene),
        "<h2>Diary</h2>",
        *_charts(entries, scene),
        _table(
            ("When", "Sign", "Score", "Temperature", "Note"),
            (
                (
                    instant_words(each.at, scene.zone),
                    each.words,
                    "" if each.score is None else f"{each.score} of 10",
                    "" if each.temperature is None else f"{each.temperature:g} C",
                    each.note or "",
                )
                for each in entries
            ),
        ),
        f'<p class="quiet">{_said(scene.rules.notice)}</p>',
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>mesocare summary</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _said(text: str) -> str:
    return escape(text, quote=True)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{_said(each)}</th>" for each in heads)
    lines = ["<tr>" + "".join(f"<td>{_said(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    return f"<table><tr>{head}</tr>\n" + "\n".join(lines) + "</table>"


def _findings(triage: Triage, scene: Scene) -> Iterable[str]:
    if not triage.findings:
        yield f"<p>{NOTHING_UNEXPECTED}</p>"
    for each in triage.findings:
        contact = scene.rules.contacts[each.urgency.value]
        rows = f' <span class="quiet">({_said(", ".join(each.evidence))})</span>'
        yield (
            f'<p><span class="{each.urgency.value}">{_said(contact)}:</span> '
            f"{_said(each.text)}{rows}</p>"
        )


def _charts(entries: Sequence[Entry], scene: Scene) -> Iterable[str]:
    """Yield a chart for every sign that was scored at least twice."""
    labels = {id_: each.label for id_, each in scene.rules.reactions.items()}
    labels |= {id_: each.label for id_, each in scene.rules.red_flags.items()}
    signs: dict[str, list[Entry]] = {}
    for each in entries:
        if each.score is not None:
            signs.setdefault(labels.get(each.sign or "", each.words), []).append(each)
    for label, own in signs.items():
        if len(own) > 1:
            yield f"<h3>{_said(label)}</h3>{_chart(label, own, scene)}"


def _chart(label: str, entries: Sequence[Entry], scene: Scene) -> str:
    """Return one sign's scores over time as a drawing with its own description."""
    first, last = entries[0].at, entries[-1].at
    span = max((last - first).total_seconds(), 1)
    points = [
        (
            MARGIN + (each.at - first).total_seconds() / span * (WIDTH - 2 * MARGIN),
            HEIGHT - MARGIN - (each.score or 0) / 10 * (HEIGHT - 2 * MARGIN),
        )
        for each in entries
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#0b6e75"/>' for x, y in points)
    ends = (instant_words(each, scene.zone) for each in (first, last))
    begin, end = (_said(each) for each in ends)
    base, top = HEIGHT - MARGIN, MARGIN
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_said(label)}, 0 to 10, '
        f'from {begin} to {end}">'
        f'<path d="M{MARGIN} {base}H{WIDTH - MARGIN}M{MARGIN} {top}H{WIDTH - MARGIN}" '
        'stroke="#d8e0e2"/>'
        f'<text x="0" y="{base + 4}" font-size="12">0</text>'
        f'<text x="0" y="{top + 4}" font-size="12">10</text>'
        f'<polyline points="{line}" fill="none" stroke="#0b6e75" stroke-width="2"/>{dots}'
        f'<text x="{MARGIN}" y="{HEIGHT - 4}" font-size="12">{begin}</text>'
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 4}" font-size="12" text-anchor="end">{end}</text>'
        "</svg>"
    )
