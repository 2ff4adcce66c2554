"""What was understood of texts, as one JSON object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mesocare.render.json.answers import time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mesocare.app.words import Understood
    from mesocare.core.question import Question


def words_json(found: Iterable[Understood], question: Question) -> str:
    """Return each text with what was understood of it, as `mesocare.words/1`, in order."""
    return "".join(_line(each, question) + "\n" for each in found)


def _line(each: Understood, question: Question) -> str:
    plain = {
        "schema": "mesocare.words/1",
        **each._asdict(),
        "earliest": time(each.earliest, question.zone),
        "latest": time(each.latest, question.zone),
    }
    return json.dumps(plain)
