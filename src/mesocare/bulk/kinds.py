"""Kinds of treatments, as the cells of a table name them: the type, what was injected, who it was.

There are few of them in a table of any length, so each is read once.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import DetailError, MesocareError
from mesocare.parsing.details import DetailNames, details_of, parted
from mesocare.parsing.types import find_type
from mesocare.text import folded, is_formula, shell_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mesocare.core.model import Detail, Item, RuleSet
    from mesocare.core.timespan import Span

# Looking for a name takes its time, and a column may hold anything.
MOST_NAMES = 1_000
# A few details in any order, with any type, are far fewer.
_MOST_KINDS = 4_096


class What(NamedTuple):
    """What was done, as the cells of a row say: the type, and those of `with` and `about`."""

    type: str
    substances: str = ""
    factors: str = ""


# The cell of a type alone stands for a row that says nothing of details.
Written = str | tuple[str, str, str]
# The type, and the ids of details that have a say in what is asked.
Key = tuple[str, ...]


class Ground(NamedTuple):
    """What the verdict on one activity rests on, after a kind of treatment.

    Attributes:
        key: Kinds of the same key get the same verdict while the same windows are open.
        spans: The end of every phase that it rests on.
    """

    key: Key
    spans: tuple[Span, ...]


class Kind(NamedTuple):
    """A kind of treatment.

    Attributes:
        key: Kinds of the same key get the same verdicts.
        type: The type.
        details: What was injected and who was treated.
        grounds: What the verdict on each activity rests on.
    """

    key: Key
    type: str
    details: tuple[Detail, ...]
    grounds: tuple[Ground, ...]


def stripped(written: Written) -> Written:
    """Return cells without blanks about them; only that of the type where the others are empty."""
    if isinstance(written, str):
        return written.strip()
    found = What(*map(str.strip, written))
    return found if found.substances or found.factors else found.type


class Kinds:
    """The kinds of treatments that a table names.

    Args:
        rules: The rule set.
        asked: For each activity asked about, the items that its verdict rests on.
        said_types: From a word for a type, folded, to the type that somebody said it means.

    Attributes:
        words: By a type, other words that were taken for it.
    """

    def __init__(
        self,
        rules: RuleSet,
        asked: Sequence[Sequence[Item]],
        said_types: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._rules = rules
        self._asked = asked
        self._items = {item.id: item for items in asked for item in items}
        self._said_types = said_types
        self.words: dict[str, set[str]] = {}
        self._types: dict[str, str | MesocareError] = {each: each for each in rules.types}
        self._names: dict[str, DetailNames] = {}
        self._details: dict[tuple[str, str], tuple[Detail, ...]] = {}
        self._kinds: dict[Written, Kind | MesocareError] = {}
        self._grounds: dict[Key, tuple[Ground, ...]] = {}

    def of(self, written: Written) -> Kind:
        """Return the kind that some cells name, which have no blanks about them.

        Raises:
            MesocareError: They name none.
        """
        found = self._kinds.get(written)
        if found is None:
            try:
                found = self._read(What(written) if isinstance(written, str) else What(*written))
            except MesocareError as error:
                found = error
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[written] = found
        if isinstance(found, MesocareError):
            raise found.with_traceback(None)
        return found

    def type(self, words: str) -> str:
        """Return the type that some words name.

        Raises:
            MesocareError: They name none.
        """
        found = self._types.get(words)
        if found is None:
            try:
                found = self._said_types.get(folded(words)) or find_type(words, self._rules)
                if len(self.words) < MOST_NAMES:
                    self.words.setdefault(found, set()).add(words)
            except MesocareError as error:
                hint = (
                    error.hint or f"Say what it means: --map-type {shell_quoted(f'{words}=face')}"
                )
                found = type(error)(error.message, hint if words else "")
            if len(self._types) >= MOST_NAMES:
                self._types = {each: each for each in self._rules.types}
            self._types[words] = found
        if isinstance(found, MesocareError):
            raise found.with_traceback(None)
        return found

    def details(self, kind: str, cell: str) -> tuple[Detail, ...]:
        """Return what a cell of `with` or `about` names.

        Raises:
            DetailError: A word of it names none.
        """
        cell = cell.strip("[] ")  # a list of JSON or Parquet as text
        if not cell:
            return ()
        key = (kind, cell)
        found = self._details.get(key)
        if found is None:
            if kind not in self._names:
                self._names[kind] = DetailNames(kind, self._rules)
            if is_formula(cell):
                # So that nobody has to look for formulas in a cell that was understood.
                raise self._names[kind].unknown(cell)
            found = self._names[kind].find(parted([cell]))
            if len(self._details) >= MOST_NAMES:
                self._details.clear()
            self._details[key] = found
        return found

    def _read(self, what: What) -> Kind:
        type_ = self.type(what.type)
        try:
            given = (
                *self.details("with", what.substances),
                *self.details("about", what.factors),
            )
            details = details_of(type_, given, self._rules)
        except DetailError as error:
            other = f"If it is another kind of column: --map {error.kind}="
            raise DetailError(error.kind, error.why, f"{error.hint} {other}", error.why) from None
        return self._kind(type_, details)

    def spans(self) -> Iterator[Span]:
        """Yield every span that some verdict may rest on; many come again and again."""
        details = self._rules.details().values()
        for item in self._items.values():
            for rules in (item.rules, *(each.rules.get(item.id, {}) for each in details)):
                for rule in rules.values():
                    yield from rule.spans

    def _kind(self, type_: str, details: tuple[Detail, ...]) -> Kind:
        """Return a kind; a detail without a rule for what is asked has no say in its verdicts."""
        deciding = {
            each.id: each
            for each in details
            if any(type_ in each.rules.get(id_, ()) for id_ in self._items)
        }
        key = (type_, *sorted(deciding))
        if key not in self._grounds:
            given = deciding.values()
            self._grounds[key] = tuple(_ground(items, type_, given) for items in self._asked)
        return Kind(key, type_, details, self._grounds[key])


def _ground(items: Sequence[Item], type_: str, details: Iterable[Detail]) -> Ground:
    """Return what the verdict on some items rests on."""
    rules = [item.rules[type_] for item in items]
    deciding: set[str] = set()
    for each in details:
        found = [each.rules[item.id] for item in items if type_ in each.rules.get(item.id, ())]
        rules += [by_type[type_] for by_type in found]
        deciding |= {each.id} if found else set()
    spans = dict.fromkeys(span for rule in rules for span in rule.spans)
    return Ground((type_, *sorted(deciding)), tuple(spans))
