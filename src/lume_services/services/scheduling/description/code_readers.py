"""Reading a function's code for what it names: its source, else its bytecode."""

from __future__ import annotations

import ast
import dis
import inspect
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from lume_services.services.scheduling.description.annotations import return_schema
from lume_services.services.scheduling.description.names_in_scope import UNKNOWN, Scope
from lume_services.services.scheduling.description.task_objects import (
    is_flow_maker,
    is_task,
    is_task_maker,
    made_task,
    renamed,
)
from lume_services.services.scheduling.registry import TaskRecord

if TYPE_CHECKING:
    from lume_services.services.scheduling.description.task_search import TaskSearch

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def read_code(function: FunctionType, scope: Scope, search: TaskSearch) -> None:
    """Show the search every object that a function's code names, in the order of the code."""
    definition = _definition(function)
    if definition is None:
        _read_bytecode(function.__code__, scope, search)
        return
    reader = _SourceReader(scope, search, function.__globals__)
    for statement in definition.body:
        reader.visit(statement)


def _definition(function: FunctionType) -> _Definition | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    first = tree.body[0] if tree.body else None
    # A lambda has no definition, and an edited file another one.
    if isinstance(first, _Definition) and first.name == function.__code__.co_name:
        return first
    return None


class _SourceReader(ast.NodeVisitor):
    def __init__(self, scope: Scope, search: TaskSearch, namespace: dict[str, Any]) -> None:
        self._scope = scope
        self._search = search
        self._namespace = namespace

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._search.meet(self._scope.name(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        self._search.meet(self._value(node))

    def visit_Call(self, node: ast.Call) -> None:
        if self._makes_task(node):
            self._search.meet(self._made(node))
        else:
            self.visit(node.func)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(argument)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assign(node.targets, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._assign([node.target], node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign([node.target], node.value)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            module = self._scope.module(alias.name)
            if alias.asname is None:
                module = self._scope.module(alias.name.partition(".")[0])
            self._scope.bind(alias.asname or alias.name.partition(".")[0], module)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self._scope.module(node.module, node.level)
        for alias in node.names:
            value = UNKNOWN if module is UNKNOWN else self._scope.attribute(module, alias.name)
            self._scope.bind(alias.asname or alias.name, value)

    def visit_FunctionDef(self, node: _Definition) -> None:
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            maker = self._value(call.func if call else decorator)
            if is_flow_maker(maker):
                return
            if is_task_maker(maker):
                self._nested_task(node, call)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def _nested_task(self, node: _Definition, call: ast.Call | None) -> None:
        name = self._given_name(call) if call else None
        if name is not UNKNOWN:
            self._search.record(TaskRecord(name or node.name, self._annotation(node.returns)))

    def _annotation(self, node: ast.expr | None) -> dict[str, Any] | None:
        if node is None:
            return None
        stand_in = FunctionType((lambda: None).__code__, self._namespace)
        stand_in.__annotations__ = {"return": ast.unparse(node)}
        return return_schema(stand_in)

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        self.visit(value)
        for target in targets:
            if isinstance(target, ast.Name):
                self._scope.bind(target.id, self._value(value))
            else:
                self.visit(target)

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self._scope.name(node.id)
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Attribute):
            base = self._value(node.value)
            return UNKNOWN if base is UNKNOWN else self._scope.attribute(base, node.attr)
        if isinstance(node, ast.Call) and self._makes_task(node):
            return self._made(node)
        return UNKNOWN

    def _makes_task(self, call: ast.Call) -> bool:
        renamed_task = _renamed_task(call)
        if renamed_task is not None:
            return is_task(self._value(renamed_task))
        return is_task_maker(self._value(call.func))

    def _made(self, call: ast.Call) -> Any:
        name = self._given_name(call)
        renamed_task = _renamed_task(call)
        if renamed_task is not None:
            return renamed(self._value(renamed_task), name)
        function = self._value(call.args[0]) if call.args else UNKNOWN
        return made_task(self._value(call.func), name, function)

    def _given_name(self, call: ast.Call) -> Any:
        """Return the ``name`` of a call: text, None if not given, UNKNOWN if computed."""
        for keyword in call.keywords:
            if keyword.arg == "name":
                value = self._value(keyword.value)
                return value if value is None or isinstance(value, str) else UNKNOWN
        return UNKNOWN if any(keyword.arg is None for keyword in call.keywords) else None


def _renamed_task(call: ast.Call) -> ast.expr | None:
    """Return ``x`` of ``x.with_options(...)``."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "with_options":
        return call.func.value
    return None


def _read_bytecode(code: CodeType, scope: Scope, search: TaskSearch) -> None:
    for value in _named_values(code, scope):
        search.meet(value)


def _named_values(code: CodeType, scope: Scope) -> Iterator[Any]:
    value: Any = UNKNOWN
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
            value = scope.name(str(instruction.argval))
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and value is not UNKNOWN:
            value = scope.attribute(value, str(instruction.argval))
        else:
            value = UNKNOWN
            if isinstance(instruction.argval, CodeType):
                yield from _named_values(instruction.argval, scope)
        yield value
