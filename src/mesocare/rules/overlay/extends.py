"""Which rule set a clinic's protocol extends, as its line `extends: ...` names it.

It has to be known before the file is read as YAML, which a warm start never does.
"""

from __future__ import annotations

import re

# What a protocol calls the rule set that comes with mesocare.
BUILT_IN = "mesocare"

_EXTENDS = re.compile(r"""^extends:[ \t]+("[^"\n]*"|'[^'\n]*'|[^"'\s][^\n]*)""", re.MULTILINE)


def extended(content: bytes) -> str | None:
    """Return what a protocol's line `extends: ...` names; `None` for a file that has none."""
    match = _EXTENDS.search(content.decode("utf-8-sig", errors="replace"))
    if match is None:
        return None
    value = match[1]
    return value[1:-1] if value[0] in "\"'" else re.split(r"[ \t]#", value)[0].strip()
