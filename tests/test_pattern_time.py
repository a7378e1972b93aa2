"""Every regular expression of the package takes time proportional to the text, whatever the text is.

Texts that make each pattern backtrack are derived from the pattern itself: for every repetition in it, a text
that leads up to the repetition, and then the repetition's own characters again and again.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import moviemotion

PACKAGE = Path(moviemotion.__file__).parent
LENGTH = 50_000
SECONDS = 0.25
"""Processor time for one text; a linear pattern needs about a millisecond."""
METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
CANDIDATES = "a A1 \t\n-*_.:/([<{\"'|,;!?#&@=~é中]"
TAILS = ("", "\0", "!", "a", " ", "A", "0", "\n")
LONG = 30
"""A repetition with at least this maximum can be slow."""

Node = tuple[Any, Any]


class TooSlowError(BaseException):
    """A pattern exceeded its processor time."""


def modules_with_patterns() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^import re$", text, re.MULTILINE):
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            yield name.removesuffix(".__init__"), ast.parse(text)


def methods_by_name() -> dict[str, set[str]]:
    """Name of a pattern → the methods that are called on it anywhere in the package."""
    found = defaultdict[str, set[str]](set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                found[node.value.id].add(node.attr)
    return found


def patterns() -> Iterator[Any]:
    """All patterns, each with the methods with which it is used."""
    used = methods_by_name()
    for name, tree in modules_with_patterns():
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            yield pytest.param("", (), id=name, marks=pytest.mark.skip(reason=f"needs {error.name}"))
            continue
        for constant, value in vars(module).items():
            for key, pattern in compiled_in(constant, value):
                if (module.__name__, constant) not in imported_names(module, tree):
                    methods = used.get(constant) or METHODS
                    yield pytest.param(pattern, tuple(sorted(methods)), id=f"{name}.{key}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and is_call_of_re(node) and not is_compile(node):
                pattern = re.compile(expression(node.args[0], module))
                method = node.func.attr  # type: ignore[attr-defined]
                yield pytest.param(pattern, (method,), id=f"{name}:{node.lineno}")


def compiled_in(name: str, value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Patterns in a module's constant, also within tuples and dictionaries."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield name, value
    elif isinstance(value, dict):
        yield from compiled_in(name, tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for k, one in enumerate(value):
            yield from compiled_in(f"{name}[{k}]", one)


def imported_names(module: ModuleType, tree: ast.Module) -> set[tuple[str, str]]:
    return {
        (module.__name__, alias.asname or alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def is_call_of_re(node: ast.Call) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and (function.value.id == "re" and function.attr in (*METHODS, "compile"))
    )


def is_compile(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "compile"


class Names(dict[str, object]):
    """The names of a module; unknown ones, which are local variables, stand for a short text."""

    def __missing__(self, name: str) -> object:
        return vars(builtins).get(name, "name")


def expression(node: ast.expr, module: ModuleType) -> str:
    """The value of an expression in a call of `re`."""
    code = compile(ast.Expression(node), module.__name__, "eval")
    return str(eval(code, {}, Names(vars(module))))  # the package's own code


def in_class(items: Iterable[Node], letter: str) -> bool:
    """Whether a character is in a character class of a parsed pattern."""
    negated = found = False
    for kind, value in items:
        match str(kind):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found |= ord(letter) == value
            case "RANGE":
                found |= value[0] <= ord(letter) <= value[1]
            case "CATEGORY":
                found |= bool(re.match(CATEGORIES[str(value)], letter))
    return found != negated


CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


def letters_of(node: Node) -> str:
    """Characters that a single-character node matches."""
    kind, value = str(node[0]), node[1]
    if kind == "LITERAL":
        return chr(value)
    if kind == "NOT_LITERAL":
        return "".join(c for c in CANDIDATES if ord(c) != value)
    if kind == "ANY":
        return CANDIDATES.replace("\n", "")
    own = [
        chr(v if k == "LITERAL" else v[0])
        for k, v in ((str(k), v) for k, v in value)
        if k in ("LITERAL", "RANGE")
    ]
    return "".join(c for c in (*CANDIDATES, *own) if in_class(value, c))


def shortest(nodes: Iterable[Node]) -> str:
    """A short text that the nodes match, with repetitions once."""
    text = ""
    for node in nodes:
        kind, value = str(node[0]), node[1]
        if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            text += letters_of(node)[:1]
        elif kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            text += shortest(value[2]) * max(value[0], 1)
        elif kind == "SUBPATTERN":
            text += shortest(value[-1])
        elif kind == "BRANCH":
            text += shortest(value[1][0])
    return text


def repetitions(nodes: Iterable[Node], before: str = "") -> Iterator[tuple[str, str]]:
    """For each repetition without a small limit: a text that leads up to it, and texts it can repeat."""
    for node in nodes:
        kind, value = str(node[0]), node[1]
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            inner = list(value[2])
            if value[1] >= LONG:
                if len(inner) == 1 and str(inner[0][0]) in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
                    yield from ((before, letter) for letter in letters_of(inner[0])[:6])
                else:
                    yield before, shortest(inner)
            yield from repetitions(inner, before)
        elif kind == "SUBPATTERN":
            yield from repetitions(value[-1], before)
        elif kind == "BRANCH":
            for branch in value[1]:
                yield from repetitions(branch, before)
                yield before, shortest(branch)
        elif kind in ("ASSERT", "ASSERT_NOT"):
            yield from repetitions(value[1], before)
        before += shortest([node])


def attacks(pattern: re.Pattern[str]) -> Iterator[str]:
    """Texts that are hard for a pattern."""
    tree = list(re._parser.parse(pattern.pattern, pattern.flags))  # type: ignore[attr-defined]
    whole = shortest(tree)
    pumps = list(dict.fromkeys([*repetitions(tree), ("", whole)]))
    for before, body in pumps:
        if body:
            for tail in TAILS:
                yield before + body * (LENGTH // len(body)) + tail
            again = before + body + body
            yield again * (LENGTH // len(again))
    bodies = list(dict.fromkeys(body for _, body in pumps if body))[:10]
    for one in bodies:
        for other in bodies:
            yield (one + other) * (LENGTH // len(one + other))
            yield one + other * (LENGTH // len(other)) + "\0"
    for letter in CANDIDATES:
        yield letter * LENGTH
        yield whole[:3] + letter * LENGTH + "\0"


def call(pattern: re.Pattern[str], method: str) -> Callable[[str], object]:
    if method in ("sub", "subn"):
        return lambda text: getattr(pattern, method)("", text)
    if method == "finditer":
        return lambda text: list(pattern.finditer(text))
    return getattr(pattern, method)


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


@pytest.mark.parametrize(("pattern", "methods"), list(patterns()))
def test_no_text_makes_a_pattern_slow(pattern: re.Pattern[str], methods: tuple[str, ...]) -> None:
    previous = signal.signal(signal.SIGPROF, _too_slow)
    try:
        for method in methods:
            use = call(pattern, method)
            for text in attacks(pattern):
                signal.setitimer(signal.ITIMER_PROF, SECONDS)
                try:
                    use(text)
                except TooSlowError:
                    pytest.fail(
                        f"{method} of {pattern.pattern!r} on {text[:40]!r}… {text[-5:]!r}", pytrace=False
                    )
                finally:
                    signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        signal.signal(signal.SIGPROF, previous)
