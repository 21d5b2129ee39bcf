"""The text of an expression: parsing it, and errors that show the place."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lume_services.errors import QueryError
from lume_services.services.results.query import parse, parse_path

_MAX_LENGTH = 20_000
_SHOWN = 60
_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "&&": "and", "||": "or", "!": "not", "=": "=="}


class Source:
    """An expression as text.

    Parameters
    ----------
    text
        As it was given.
    """

    def __init__(self, text: str) -> None:
        self.text = re.sub(r"\s", " ", text).strip()

    def parse(self) -> ast.expr:
        """Return the tree of the expression."""
        if len(self.text) > _MAX_LENGTH:
            raise QueryError(f"the expression is longer than {_MAX_LENGTH} characters; shorten it")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return ast.parse(self._without_keywords(), mode="eval").body
        except SyntaxError as error:
            raise self._not_understood(error) from None
        except (MemoryError, RecursionError):
            raise self._at(0, "this nests too deeply; make it flatter") from None
        except ValueError as error:
            raise self._at(0, f"this cannot be read: {error}") from None

    def error(self, node: ast.expr, reason: str) -> QueryError:
        """Make the error for a part of the expression; of an operation, for its operator."""
        if not isinstance(node, ast.BinOp):
            return self._at(self._offset(node.col_offset), reason)
        after = self._offset(node.left.end_col_offset)
        operator = re.compile(r"[^\s)]").search(self.text, after)
        return self._at(operator.start() if operator else after, reason)

    def segment(self, node: ast.expr) -> str:
        """Return the text of a part."""
        return self.text[self._offset(node.col_offset) : self._offset(node.end_col_offset)]

    def name(self, node: ast.Name | ast.Attribute) -> str:
        """Return a name, or the last name of a path, as it is written.

        Python would replace some letters by others, such as the sign for micro.
        """
        return re.split(r"[\s.]", self.segment(node))[-1]

    def checked(self, node: ast.expr, query: dict[str, Any]) -> dict[str, Any]:
        """Return a query that a part stands for, if it can be asked."""
        try:
            parse(query)
        except QueryError as error:
            raise self.error(node, str(error)) from None
        return query

    def checked_key(self, node: ast.expr, key: str) -> None:
        """Refuse a key that cannot be searched."""
        try:
            parse_path(key.replace(".", r"\."))
        except QueryError as error:
            raise self.error(node, str(error)) from None

    def _offset(self, octets: int | None) -> int:
        return len(self.text.encode("utf-8", "surrogatepass")[:octets].decode(errors="ignore"))

    def _without_keywords(self) -> str:
        """Return the text with the keywords in paths, such as ``lambda``, made into names."""
        masked = self.text
        for before, token in pairwise(self._tokens()):
            if before.string == "." and keyword.iskeyword(token.string):
                start, end = token.start[1], token.end[1]
                masked = f"{masked[:start]}{'x' * (end - start)}{masked[end:]}"
        return masked

    def _tokens(self) -> Iterator[tokenize.TokenInfo]:
        try:
            yield from tokenize.generate_tokens(io.StringIO(self.text).readline)
        except (tokenize.TokenError, SyntaxError):
            return

    def _not_understood(self, error: SyntaxError) -> QueryError:
        for before, token in pairwise(self._tokens()):
            start, both = token.start[1], before.string + token.string
            if both in _WORDS:
                return self._at(before.start[1], f"use '{_WORDS[both]}' in place of '{both}'")
            if token.string in _WORDS:
                word = _WORDS[token.string]
                return self._at(start, f"use '{word}' in place of '{token.string}'")
            if token.string.startswith(".") and before.end == token.start and token.string[1:]:
                return self._at(start, f"an index is written [{token.string[1:]}]")
        offset = (error.offset or len(self.text) + 1) - 1
        if re.search("unterminated|closed|unmatched|escape|digits", error.msg):
            return self._at(offset, error.msg)
        return self._at(
            offset,
            "this is not understood; comparisons joined by 'and', 'or' and 'not' are expected, "
            "such as inputs.k1 > 1.2 and flow == 'track'",
        )

    def _at(self, offset: int, reason: str) -> QueryError:
        offset = min(max(offset, 0), len(self.text))
        start = max(0, min(offset - _SHOWN // 2, len(self.text) - _SHOWN))
        shown = self.text[start : start + _SHOWN]
        return QueryError(
            f"the expression cannot be used, at column {offset + 1}: {reason}\n"
            f"  {shown}\n  {' ' * (offset - start)}^"
        )
