"""A step of building a wheel: the rule set that it carries is compiled into it.

So what decides verdicts lies beside the code, under the same protection, and the first run is as
quick as the second.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `compiled/` to the package."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the package is used where it is, with rules that change."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "src")))
        from mesocare.rules import cache, loader
        from mesocare.rules.compiler.words import compile_words

        files = loader.read_files(Path(self.root, "data"))
        plain, problems = loader.compile_files(files)
        if plain is None or problems:
            raise SystemExit("\n".join(map(str, problems)))
        self._folder = tempfile.TemporaryDirectory()
        for kind, values in ((cache.RULES, plain), (cache.WORDS, compile_words(plain))):
            path = cache.ship(Path(self._folder.name), files.digest, values, kind)
            build_data["force_include"][str(path)] = f"mesocare/compiled/{path.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what has been packed."""
        del build_data, artifact_path
        if version != "editable":
            self._folder.cleanup()
