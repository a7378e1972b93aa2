"""Print a random sample of the project's prose, to be judged by somebody who has not written it.

python .ci/prose_sample.py --seed 36      # 30 docstrings, 20 messages, 10 paragraphs of README and docs
"""

from __future__ import annotations

import argparse
import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
Found = tuple[str, str]


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((PROJECT / "moviemotion").rglob("*.py")):
        yield path.relative_to(PROJECT), ast.parse(path.read_text(encoding="utf-8"))


def docstrings() -> Iterator[Found]:
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
                text := ast.get_docstring(node)
            ):
                yield f"{path}:{getattr(node, 'lineno', 1)}", text


def messages() -> Iterator[Found]:
    """The texts of errors: what a `raise` says."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            for argument in node.exc.args:
                text = _text(argument)
                if len(text.split()) > 3:
                    yield f"{path}:{node.lineno}", text


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values)  # type: ignore[misc]
    return ""


def paragraphs() -> Iterator[Found]:
    pages = [PROJECT / "README.md", PROJECT / "ARCHITECTURE.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    for page in pages:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for paragraph in text.split("\n\n"):
            if len(paragraph.split()) > 12 and not paragraph.lstrip().startswith(("|", "#", "!", ":::", "<")):
                yield str(page.relative_to(PROJECT)), paragraph.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=36)
    chosen = random.Random(parser.parse_args().seed)
    number = 0
    for source, count in ((docstrings, 30), (messages, 20), (paragraphs, 10)):
        for place, text in chosen.sample(list(source()), count):
            number += 1
            print(f"--- {number}. {place}\n{text}\n")


if __name__ == "__main__":
    main()
