# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts that an expression in the code can be, each on the path through its function on which it is that text."""

import ast
import re
from collections import Counter
from functools import partial
from itertools import product
from typing import Callable, Iterable, Iterator

# What each name holds on one path. The outcome of a condition is "true" or "false", under its text.
Path = dict[str, str]
# Called with an expression, and the paths on which it is evaluated.
Visit = Callable[[ast.AST, list[Path]], None]


def texts_of(node: ast.AST | None, path: Path) -> Iterator[tuple[str, Path]]:
    """Each text that the expression can be, and the path that leads to it; ``{}`` for parts that are known only when it runs."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value, path
    elif isinstance(node, (ast.Name, ast.Attribute)):
        if _name(node) in path:
            yield path[_name(node)], path
    elif isinstance(node, ast.Subscript):
        for key, taken in texts_of(node.slice, path):
            if f"{_name(node.value)}[{key}]" in path:
                yield path[f"{_name(node.value)}[{key}]"], taken
    elif isinstance(node, ast.JoinedStr):
        yield from _joined([part.value if isinstance(part, ast.FormattedValue) else part for part in node.values], path)
    elif isinstance(node, ast.IfExp):
        test = "if " + ast.unparse(node.test)
        decided = path.get(test, _equal(node.test, path))
        for outcome, part in (("true", node.body), ("false", node.orelse)):
            if decided in ("", outcome):
                yield from texts_of(part, {**path, test: outcome})
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        if any(True for part in (node.left, node.right) for _each in texts_of(part, path)):
            yield from _joined([node.left, node.right], path)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "rstrip"):
        for text, taken in texts_of(node.func.value, path):
            yield from _formatted(text, node, taken) if node.func.attr == "format" else iter([(text, taken)])


def _name(node: ast.expr) -> str:
    """``x`` or ``self.x``."""
    return getattr(node, "id", "") or f"{getattr(getattr(node, 'value', None), 'id', '')}.{getattr(node, 'attr', '')}"


def _equal(test: ast.expr, path: Path) -> str:
    """Whether ``a == b``, "true" or "false"; "" if that is known only when it runs."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        sides = [next(texts_of(side, path), ("", path))[0] for side in (test.left, test.comparators[0])]
        return str(sides[0] == sides[1]).lower() if all(sides) else ""
    return ""


def _joined(parts: list[ast.expr], path: Path) -> Iterator[tuple[str, Path]]:
    """The parts one after the other."""
    if not parts:
        yield "", path
        return
    for text, taken in _or_unknown(parts[0], path):
        for rest, end in _joined(parts[1:], taken):
            yield text + rest, end


def _or_unknown(node: ast.AST, path: Path) -> list[tuple[str, Path]]:
    return list(texts_of(node, path)) or [("{}", path)]


def _formatted(text: str, call: ast.Call, path: Path) -> Iterator[tuple[str, Path]]:
    """``text`` with the arguments whose text is known."""
    words: list[tuple[dict[str, str], Path]] = [({}, path)]
    given = {str(number): value for number, value in enumerate(call.args)} | {word.arg: word.value for word in call.keywords if word.arg}
    for key, value in given.items():
        words = [({**known, key: found}, end) for known, taken in words for found, end in _or_unknown(value, taken)]
    for known, end in words:
        yield re.sub(r"(?<!{){(\w+)[^{}]*}", partial(_filled, known), text), end


def _filled(known: dict[str, str], field: re.Match[str]) -> str:
    text = known.get(field[1], "{}")
    return field[0] if text == "{}" else text


class Code:
    """What a parameter or an attribute can be: the arguments of all calls, and the constants of all classes."""

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        self.classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
        self._heirs: dict[str, list[ast.ClassDef]] = {}
        for made in self.classes.values():
            for base in made.bases:
                self._heirs.setdefault(ast.unparse(base), []).append(made)
        self._defined = Counter(node.name for node in nodes if isinstance(node, ast.FunctionDef))
        self._calls: dict[str, list[ast.Call]] = {}
        for node in nodes:
            if isinstance(node, ast.Call):
                self._calls.setdefault(called(node), []).append(node)

    def starts(self, function: ast.FunctionDef, owner: ast.ClassDef | None, known: Path) -> list[Path]:
        """The paths on which the function can begin: one for each call, and for each class that has it."""
        usual = {**known, **_defaults(function)}
        paths = [usual]
        if self._defined[function.name] == 1 and self._calls.get(function.name):
            paths = [end for call in self._calls[function.name] for end in bound(call, function, usual, {})]
        return _unlike({**path, **constants} for path in paths for constants in self._attributes(owner))

    def _attributes(self, owner: ast.ClassDef | None) -> Iterator[Path]:
        """The texts of ``self.x``, for the class and for each that inherits it."""
        if owner is None:
            yield {}
            return
        for heir in [owner, *self._heirs.get(owner.name, [])]:
            yield {
                f"self.{target.id}": text
                for each in (owner, heir)
                for node in each.body
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
                for text, _path in texts_of(node.value, {})
            }


def called(node: ast.Call) -> str:
    """The name of the function, without its module or object."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def bound(call: ast.Call, function: ast.FunctionDef, known: Path, caller: Path) -> Iterator[Path]:
    """The paths on which the function begins with the arguments of this call, which ``caller`` leads to."""
    names = _parameters(function)
    given = {**dict(zip(names, call.args, strict=False)), **{word.arg: word.value for word in call.keywords if word.arg in names}}
    rest = {name: text for name, text in known.items() if name not in given}
    for texts in product(*([text for text, _path in texts_of(value, caller)] or [""] for value in given.values())):
        yield {**rest, **{name: text for name, text in zip(given, texts, strict=True) if text}}


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [each.arg for each in function.args.posonlyargs + function.args.args + function.args.kwonlyargs if each.arg != "self"]


def _defaults(function: ast.FunctionDef) -> Path:
    given = function.args
    positional = [each.arg for each in given.posonlyargs + given.args]
    pairs = [*zip(reversed(positional), reversed(given.defaults), strict=False), *zip((each.arg for each in given.kwonlyargs), given.kw_defaults, strict=True)]
    return {name: text for name, value in pairs for text, _path in texts_of(value, {})}


def constants_of(tree: ast.Module) -> Path:
    """The texts that the file assigns to names, and those in its dictionaries, as ``NAME[key]``."""
    found = follow([node for node in tree.body if isinstance(node, ast.Assign)], [{}], lambda _node, _paths: None)[0]
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict) and isinstance(target, ast.Name):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                found.update({f"{target.id}[{name}]": text for name, _path in texts_of(key, found) for text, _end in texts_of(value, found)})
    return found


def _unlike(paths: Iterable[Path]) -> list[Path]:
    return list({tuple(sorted(path.items())): path for path in paths}.values())


def follow(body: list[ast.stmt], paths: list[Path], visit: Visit) -> list[Path]:
    """Visit every expression of the statements, with the paths that reach it. Returns the paths that continue behind them."""
    for statement in body:
        if not paths:
            break
        paths = _unlike(_after(statement, paths, visit))
    return paths


def _after(statement: ast.stmt, paths: list[Path], visit: Visit) -> list[Path]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return paths
    for _name, value in ast.iter_fields(statement):
        for part in value if isinstance(value, list) else [value]:
            for node in ast.walk(part) if isinstance(part, (ast.expr, ast.withitem)) else ():
                visit(node, paths)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return [end for path in paths for end in _assigned(statement.targets[0], statement.value, path)]
    if isinstance(statement, (ast.Return, ast.Raise, ast.Continue)):
        return []
    if isinstance(statement, ast.If):
        return follow(statement.body, paths, visit) + follow(statement.orelse, paths, visit)
    if isinstance(statement, ast.For):
        return paths + follow(statement.body, _of_each(statement, paths), visit)
    if isinstance(statement, ast.Try):
        ends = follow(statement.body, paths, visit)
        ends = follow(statement.orelse, ends, visit) + [end for handler in statement.handlers for end in follow(handler.body, paths, visit)]
        return follow(statement.finalbody, ends, visit)
    return follow(getattr(statement, "body", []), paths, visit) + (paths if isinstance(statement, ast.While) else []) if hasattr(statement, "body") else paths


def _assigned(target: ast.expr, value: ast.expr, path: Path) -> Iterator[Path]:
    """The paths behind an assignment, which may be of several names."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        ends = [path]
        for name, part in zip(target.elts, value.elts, strict=True):
            ends = [end for each in ends for end in _assigned(name, part, each)]
        yield from ends
        return
    names = [_name(each) for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
    rest = {name: text for name, text in path.items() if name not in names}
    found = list(texts_of(value, path)) if len(names) == 1 else []
    yield from ({**rest, **{key: each for key, each in taken.items() if key not in names}, names[0]: text} for text, taken in found)
    if not found:
        yield rest


def _of_each(loop: ast.For, paths: list[Path]) -> list[Path]:
    """The paths on which the body of a loop begins: one for each item, if they are written there."""
    items = loop.iter.elts if isinstance(loop.iter, (ast.Tuple, ast.List)) else [ast.Constant(None)]
    return _unlike(end for path in paths for item in items for end in _assigned(loop.target, item, path))
