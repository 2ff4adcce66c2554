"""The kinds of values a rule file is made of; `schema` puts the files together from them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Text(NamedTuple):
    """A text of at most `longest` characters; empty only where `empty` says so."""

    longest: int = 400
    empty: bool = False


class Id(NamedTuple):
    """A lower-case word or several, joined by hyphens or underscores."""


class EvidenceId(NamedTuple):
    """The id of a row of `evidence.tsv`."""


class Choice(NamedTuple):
    """One of some words."""

    words: tuple[str, ...]


class Duration(NamedTuple):
    """`48 h` or `7 d`."""


class Date(NamedTuple):
    """An ISO 8601 calendar date."""


class Count(NamedTuple):
    """A whole number from 1."""


class Degrees(NamedTuple):
    """A body temperature in degrees Celsius with one decimal: `38.0`."""


class Truth(NamedTuple):
    """`true`, where the key would otherwise be left out."""


class Either(NamedTuple):
    """`true` or `false`."""


class Amount(NamedTuple):
    """A plain number from `least` to `most`; a whole one unless `parts` may follow the point."""

    least: int
    most: int
    parts: bool = False


class Moment(NamedTuple):
    """A date or a clock time, as somebody would type it; `null` for never where `never` says so."""

    never: bool = False


class Nothing(NamedTuple):
    """`null`, or else a value of the shape `of`."""

    of: Shape


class Listing(NamedTuple):
    """A list of values of one shape; empty only where `empty` says so."""

    of: Shape
    empty: bool = False


class Table(NamedTuple):
    """A mapping from ids to values of one shape; empty only where `empty` says so."""

    of: Shape
    key: Id | EvidenceId | Choice | Text = Id()
    empty: bool = False


class Record(NamedTuple):
    """A mapping with these keys and no others."""

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = MappingProxyType({})


class Variants(NamedTuple):
    """One of several records, told apart by which of these keys is there."""

    by_key: Mapping[str, Record]


Shape = (
    Text
    | Id
    | EvidenceId
    | Choice
    | Duration
    | Date
    | Count
    | Degrees
    | Truth
    | Either
    | Amount
    | Moment
    | Nothing
    | Listing
    | Table
    | Record
    | Variants
)
