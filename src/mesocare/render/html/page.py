"""Templates filled in: everything is escaped, and a name that is missing is an error."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mesocare.text import printable

_VARIABLE = re.compile(r"(--[a-z-]+): ([^;]+);")
_USED = re.compile(r"var\((--[a-z-]+)\)")
TEMPLATES = Path(__file__).parent / "templates"


@cache
def part(*names: str) -> Markup:
    """Return style sheets or a script, to stand in the page itself."""
    texts = [(TEMPLATES / name).read_text(encoding="utf-8") for name in names]
    return Markup("".join(texts))  # noqa: S704 - files of the program's own


def literal(css: str, *, dark: bool) -> Markup:
    """Return a style sheet without variables, which not all that shows an SVG knows.

    Args:
        css: Its variables are those of its first block, and of the one for a dark screen.
        dark: Whether to keep what it says of a dark screen.
    """
    light, _, rest = css.partition("@media")
    query, _, block = rest.partition("{")
    rules = light.partition("}")[2]

    def filled(values: str) -> str:
        known = dict(_VARIABLE.findall(values))
        return _USED.sub(lambda found: known[found[1]], rules)

    font = light[light.index("font-family") :].partition("}")[0]
    text = f"svg {{ {font}}}{filled(light)}"
    if dark:  # what is said last of a variable holds
        text += f"@media{query}{{{filled(light + block)}}}"
    return Markup(text)  # noqa: S704 - a file of the program's own


def policy(css: str, script: str = "", *, images: bool = False) -> str:
    """Return a Content-Security-Policy that allows this style and script and nothing else.

    Args:
        css: The style sheet of the page.
        script: Its script, if it has one.
        images: Whether there are images in the page itself.
    """
    allowed = ["default-src 'none'", f"style-src {_digest(css)}"]
    allowed += [f"script-src {_digest(script)}"] if script else []
    allowed += ["img-src data:"] if images else []
    return "; ".join([*allowed, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def fill(name: str, **values: object) -> str:
    """Return a page made of a template and some values; texts show what they would hide."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return printable(value) if isinstance(value, str) else value
