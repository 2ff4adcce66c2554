"""Templates filled in: everything is escaped, and a name that is missing is an error."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mesocare.text import printable

TEMPLATES = Path(__file__).parent / "templates"


def style(name: str) -> Markup:
    """Return a style sheet, to stand in the page itself."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of the program's own


def policy(css: str) -> str:
    """Return a Content-Security-Policy that allows this style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def fill(name: str, **values: object) -> str:
    """Return a page made of a template and some values; texts show what they would hide."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(values)


def _shown(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return printable(value) if isinstance(value, str) else value
