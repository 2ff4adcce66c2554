"""The protocol that a clinic starts from: `data/starter/protocol.yaml` with its dates filled in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from mesocare.rules.loader import built_in, read_file

if TYPE_CHECKING:
    from datetime import date

# A protocol is to be reviewed once a year, like the rule set.
_REVIEW = timedelta(days=365)


def starter_text(today: date) -> str:
    """Return a protocol that passes its check as it stands, reviewed on a day.

    Args:
        today: The day of the review; the next one is due a year later.
    """
    folder = built_in()
    text = read_file(folder / "starter" / "protocol.yaml").decode()
    schema = (folder / "schema" / "protocol.json").as_uri()
    for key, value in (
        (r"# yaml-language-server: \$schema=", schema),
        ("reviewed: ", today.isoformat()),
        ("review_due: ", (today + _REVIEW).isoformat()),
    ):
        # Through a part in braces, as a date would otherwise be read as the number of a group.
        text = re.sub(rf"^({key}).*$", rf"\g<1>{value}", text, flags=re.MULTILINE)
    return text
