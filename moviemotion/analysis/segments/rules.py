"""Rules that say who belongs to a segment, such as `sex == "f" and age < 25`.

A rule has the syntax of a Python expression: comparisons of an attribute with values, joined by `and`, `or`,
`not` and parentheses. Python only parses it; Arrow evaluates it with Kleene's three-valued logic, as SQL
does. What is unknown about a viewer therefore stays unknown: whoever did not give their age is neither in
`age < 25` nor in `not age < 25`. Texts are compared without regard to capitals.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from moviemotion.analysis.segments.participants import ColumnKind, Participants, Value
from moviemotion.errors import MoviemotionError

MAX_RULE_LENGTH = 500
_ARROW_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.YES_NO: pa.bool_(),
}
_EXAMPLES = {ColumnKind.TEXT: '== "f"', ColumnKind.NUMBER: "< 25", ColumnKind.YES_NO: "== True"}
_COMPARISONS = {
    ast.Eq: pc.Expression.__eq__,
    ast.NotEq: pc.Expression.__ne__,
    ast.Lt: pc.Expression.__lt__,
    ast.LtE: pc.Expression.__le__,
    ast.Gt: pc.Expression.__gt__,
    ast.GtE: pc.Expression.__ge__,
}
_KIND_WORDS = {
    ColumnKind.TEXT: "a text",
    ColumnKind.NUMBER: "a number",
    ColumnKind.YES_NO: "yes or no",
}
_MIRRORED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_SHOWN_VALUES = 8


def viewers_matching(rule: str, participants: Participants) -> tuple[str, ...]:
    """Select the viewers to whom a rule applies, in the order of the participants.

    Raises:
        MoviemotionError: the rule is not valid, or names an attribute that the participants do not have.

    Example:
        >>> people = {"v1": {"sex": "F", "age": 22.0}, "v2": {"sex": "m", "age": 22.0}, "v3": {"sex": "f"}}
        >>> columns = {"sex": ColumnKind.TEXT, "age": ColumnKind.NUMBER}
        >>> viewers_matching('sex == "f" and age < 25', Participants(columns, people))
        ('v1',)
    """
    selected = _Translator(rule, participants.columns).expression()
    people = participants.attributes
    table = pa.table(
        {
            "viewer": pa.array(list(people), pa.string()),
            **{
                column: pa.array([_folded(own.get(column)) for own in people.values()], _ARROW_TYPES[kind])
                for column, kind in participants.columns.items()
            },
        }
    )
    return tuple(table.filter(selected)["viewer"].to_pylist())


def matches_nobody_error(rule: str, participants: Participants) -> MoviemotionError:
    """The error for a rule that applies to nobody; it says which values the attributes have."""
    used = {node.id for node in ast.walk(_parsed(rule)) if isinstance(node, ast.Name)}
    known = "; ".join(
        f"{column} is {_values_text(participants.values(column))}"
        for column in participants.columns
        if column in used
    )
    return MoviemotionError(f"segment {rule}: applies to no viewer ({known}); change the rule")


def _values_text(values: tuple[Value, ...]) -> str:
    if not values:
        return "unknown for everybody"
    if all(isinstance(value, float) for value in values):
        return f"{values[0]:g} to {values[-1]:g}"
    shown = ["yes" if value is True else "no" if value is False else f'"{value}"' for value in values]
    more = len(shown) - _SHOWN_VALUES
    return ", ".join(shown[:_SHOWN_VALUES]) + (f" and {more} more" if more > 0 else "")


def _folded(value: Value | None) -> Value | None:
    return value.casefold() if isinstance(value, str) else value


def _parsed(rule: str) -> ast.Expression:
    if len(rule) > MAX_RULE_LENGTH:
        raise MoviemotionError(f"segment {rule[:40]}…: too long; use at most {MAX_RULE_LENGTH} characters")
    try:
        return ast.parse(rule.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise MoviemotionError(
            f'segment {rule}: not a rule; write, for example, sex == "f" and age < 25'
        ) from None


class _Translator:
    """Translates one rule into an Arrow expression, and refuses everything that is not a rule."""

    def __init__(self, rule: str, columns: Mapping[str, ColumnKind]) -> None:
        self.rule, self.columns = rule, columns

    def expression(self) -> pc.Expression:
        return self._condition(_parsed(self.rule).body)

    def _refuse(self, problem: str) -> MoviemotionError:
        return MoviemotionError(f"segment {self.rule}: {problem}")

    def _condition(self, node: ast.expr) -> pc.Expression:
        match node:
            case ast.BoolOp(op=op, values=[first, *others]):
                result = self._condition(first)
                for other in others:
                    right = self._condition(other)
                    result = result & right if isinstance(op, ast.And) else result | right
                return result
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return ~self._condition(inner)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                terms = [left, *comparators]
                parts = [self._comparison(*part) for part in zip(terms[:-1], ops, terms[1:], strict=True)]
                result = parts[0]
                for part in parts[1:]:
                    result &= part
                return result
            case ast.Name(id=name) if self._kind(name) is ColumnKind.YES_NO:
                return pc.field(name)
            case ast.Name(id=name):
                raise self._refuse(f"{name} alone is no rule; write {name} {_EXAMPLES[self._kind(name)]}")
        raise self._refuse(
            f"{ast.unparse(node)} is not allowed in a rule; "
            "use attributes, values, comparisons, and, or, not and parentheses"
        )

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> pc.Expression:
        if isinstance(right, ast.Name) and not isinstance(left, ast.Name) and type(op) in _COMPARISONS:
            left, op, right = right, _MIRRORED.get(type(op), type(op))(), left
        if not isinstance(left, ast.Name):
            raise self._refuse(
                f'{ast.unparse(left)} is not the name of an attribute; write, for example, sex == "f"'
            )
        kind = self._kind(left.id)
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.Tuple | ast.List | ast.Set):
                raise self._refuse(f'"in" needs a list of values, such as {left.id} in ("a", "b")')
            # Arrow's `isin` would say that an unknown value is not in the list.
            listed = pc.scalar(False)
            for each in right.elts:
                listed |= pc.field(left.id) == self._value(each, left.id, kind)
            return listed if isinstance(op, ast.In) else ~listed
        compare = _COMPARISONS.get(type(op))
        if compare is None or (isinstance(right, ast.Name) and right.id in self.columns):
            raise self._refuse(f"{left.id} can only be compared with values, by == != < <= > >= or in")
        if kind is not ColumnKind.NUMBER and not isinstance(op, ast.Eq | ast.NotEq):
            raise self._refuse(f"{left.id} is {_KIND_WORDS[kind]}, which has no order; use == or in")
        return compare(pc.field(left.id), self._value(right, left.id, kind))

    def _kind(self, name: str) -> ColumnKind:
        if name not in self.columns:
            known = f"choose from {', '.join(self.columns)}" if self.columns else "give participants first"
            raise self._refuse(f"there is no attribute {name}; {known}, and put texts in quotes")
        return self.columns[name]

    def _value(self, node: ast.expr, column: str, kind: ColumnKind) -> pc.Expression:
        if isinstance(node, ast.Name):
            raise self._refuse(f'{node.id} is not a value; put texts in quotes: {column} == "{node.id}"')
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError):
            raise self._refuse(f"{ast.unparse(node)} is not a value; write a number or a text") from None
        if kind is ColumnKind.TEXT and isinstance(value, str):
            return pc.scalar(value.casefold())
        if kind is ColumnKind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
            return pc.scalar(float(value))
        if kind is ColumnKind.YES_NO and isinstance(value, bool):
            return pc.scalar(value)
        raise self._refuse(f"{column} is {_KIND_WORDS[kind]}; write {column} {_EXAMPLES[kind]}")
