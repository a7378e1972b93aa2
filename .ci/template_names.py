"""Print the names that templates and scripts use, as Python that vulture reads.

Vulture finds dead code by looking for names that no Python file uses. A field that only a Jinja template
or the studio's JavaScript reads is not dead, so these files' names are listed for it as attributes.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "moviemotion"
SUFFIXES = {".html", ".jinja", ".js", ".toml"}

names: set[str] = set()
for path in PACKAGE.rglob("*"):
    if path.suffix in SUFFIXES and "vendor" not in path.parts:
        names.update(re.findall(r"\b[a-z_][a-z0-9_]{2,}\b", path.read_text(encoding="utf-8")))
print('"""Names in templates, scripts and settings files."""\n')
for name in sorted(names.difference(keyword.kwlist)):
    print(f"_.{name}")
