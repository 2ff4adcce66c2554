"""What is said of a product as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.render.json.answers import answered, dumped, head, rules, time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from mesocare.app.product import Held, ProductAnswer
    from mesocare.app.shelf import Bottle
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question
    from mesocare.parsing.labels.inci import Printed

Plain = dict[str, Any]


def product_json(found: ProductAnswer, question: Question, meaning: Triage | None = None) -> str:
    """Return it as `mesocare.product/1`."""
    zone, reading = question.zone, found.reading
    titles = reading.products.titles
    decides = found.decides
    return dumped(
        head("mesocare.product/1", question, meaning)
        | {
            "verdict": found.verdict.value,
            "limited_from": time(found.limited_from, zone),
            "allowed_from": time(found.allowed_from, zone),
            "decides": None if decides is None else _held(decides, zone, titles),
            "answer": answered(found.decisive, zone),
            "held": [_held(each, zone, titles) for each in found.held],
            "noted": [_held(each, zone, titles) for each in found.noted],
            "traces": [_held(each, zone, titles) for each in found.traces],
            "names": len(reading.found),
            "not_recognised": [_printed(each) for each in reading.unknown],
            "check_with_clinic": list(found.doubts),
            "kind": {
                "ids": [each.id for each in found.kind.kinds],
                "given": found.kind.given,
                "words": list(found.kind.words),
            },
            "lists": [
                {"part": each.part, "headed": each.headed, "names": len(each.items)}
                for each in reading.label.lists
            ],
            "remarks": list(found.remarks),
            "rules": rules(question.rules.identity),
        }
    )


def _held(held: Held, zone: tzinfo, titles: Mapping[str, str]) -> Plain:
    answer = held.answer
    return {
        **_printed(held.found.printed),
        "name": held.entry.name,
        "class": held.group.id,
        "label": held.group.label,
        "activity": None if answer is None else answer.activity,
        "verdict": None if answer is None else answer.verdict.value,
        "limited_from": None if answer is None else time(answer.limited_from, zone),
        "allowed_from": None if answer is None else time(answer.allowed_from, zone),
        "source": titles[held.entry.source],
        "entry": held.entry.place or None,
        "grade": held.entry.grade,
        "protocol": held.protocol or None,
    }


def _printed(printed: Printed) -> Plain:
    return {
        "text": printed.text,
        "position": printed.position,
        "percent": printed.percent,
        "may_contain": printed.may,
    }


def shelf_json(bottles: Sequence[Bottle], question: Question, meaning: Triage | None = None) -> str:
    """Return the products of a shelf as `mesocare.products/1`."""
    zone = question.zone
    return dumped(
        head("mesocare.products/1", question, meaning)
        | {
            "products": [bottle(each, zone) for each in bottles],
            "rules": rules(question.rules.identity),
        }
    )


def bottle(bottle: Bottle, zone: tzinfo) -> Plain:
    """Return a product of a shelf and what is said of it."""
    found = bottle.answer
    decides = None if found is None else found.decides
    return {
        "name": bottle.stored.name,
        "verdict": "ask" if found is None else found.verdict.value,
        "limited_from": None if found is None else time(found.limited_from, zone),
        "allowed_from": None if found is None else time(found.allowed_from, zone),
        "decides": None
        if found is None or decides is None
        else _held(decides, zone, found.reading.products.titles),
        "names": None if found is None else len(found.reading.found),
        "not_recognised": []
        if found is None
        else [_printed(each) for each in found.reading.unknown],
        "check_with_clinic": [bottle.problem] if found is None else list(found.doubts),
    }
