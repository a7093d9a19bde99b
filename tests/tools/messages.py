# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages in the code of plugins/, and their tables in docs/troubleshooting.md. ``python3 tests/tools/messages.py`` rewrites the tables."""

import ast
import pathlib
import re
from collections import Counter
from typing import Iterable, Iterator, NamedTuple

from texts import Code, Path, bound, called, constants_of, follow, texts_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
BEGIN, END = "<!-- Written by tests/tools/messages.py -->", "<!-- End of what tests/tools/messages.py writes -->"
# Directories of plugins/module_utils, in the order of a restore, and what they are about; "" for everything else.
ROOMS = {
    "_openapi": "The RDS API",
    "_transfer": "Downloads",
    "_backup": "Backup files and archives",
    "_dump": "SQL in a dump",
    "_load": "Imports",
    "_server": "The server",
    "_verify": "Verification",
    "_binlog": "Binary log files",
    "_follow": "Replication channels",
    "_sandbox": "Private servers and snapshots",
    "_jobs": "Options, and modules as a whole",
    "": "Other",
}


# Exceptions without rows: one that is always caught, and the errors of MySQL, which have a table of their own.
LEFT_OUT = {"_Stopped", "ServerError"}
# A cure that depends on what happens.
UNKNOWN = "{}"


class Message(NamedTuple):
    """A sentence of the code, with ``{}`` for what is inserted, and what to do, "" if nothing."""

    room: str
    what: str
    cure: str
    warning: bool

    @property
    def anchor(self) -> str:
        """Made from its first words, so it is stable as long as they are."""
        words = re.findall(r"[a-z0-9_]+", re.sub(r"{[^}]*}", " ", self.what.lower()))
        return "-".join(words[:9])


class _Raised(NamedTuple):
    """An exception with messages: its ``__init__``, if it has its own, and the constants of its file."""

    makes: ast.FunctionDef | None
    constants: Path


class _Finder:
    """Collects the messages of one file."""

    def __init__(self, room: str, failures: dict[str, _Raised]) -> None:
        self.room = room
        self.warns = False
        # The cures of each message, in the order in which they were found, and whether it is a warning.
        self.found: dict[str, tuple[dict[str, None], bool]] = {}
        self._failures = failures

    def visit(self, node: ast.AST, paths: list[Path]) -> None:
        """Keep the message of an expression, if it is one."""
        if isinstance(node, ast.Call) and called(node) in self._failures:
            makes, constants = self._failures[called(node)]
            if makes is None:
                self._raised(node, paths)
            else:
                for start in [start for path in paths for start in bound(node, makes, constants, path)]:
                    follow(makes.body, [start], self._visit_init)
        elif isinstance(node, ast.Call) and node.args and called(node) == "warn":
            self._sentences(node.args[0], paths, warning=True)
        elif isinstance(node, ast.Yield) and node.value and self.room == "_jobs":
            # The checks before a roll-forward.
            self._sentences(node.value, paths, warning=self.warns)

    def _visit_init(self, node: ast.AST, paths: list[Path]) -> None:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
            self._raised(node, paths)

    def _raised(self, call: ast.Call, paths: list[Path]) -> None:
        named = {word.arg: word.value for word in call.keywords}
        sentence, _where, cure = [*call.args, *[None] * 3][:3]
        cure = cure or named.get("cure")
        for what, taken in [found for path in paths for found in texts_of(sentence or named.get("what"), path)]:
            none = cure is None or isinstance(cure, ast.Constant) and cure.value is None
            cures = [] if none else [text for text, _taken in texts_of(cure, taken)] or [UNKNOWN]
            # The message of another failure, with something more.
            if not (what.startswith("{") and cures == [UNKNOWN]):
                self._keep(what, cures, warning=False)

    def _sentences(self, node: ast.expr, paths: list[Path], *, warning: bool) -> None:
        for what, _taken in [found for path in paths for found in texts_of(node, path)]:
            self._keep(what, [], warning=warning)

    def _keep(self, what: str, cures: list[str], *, warning: bool) -> None:
        what = what.strip()
        # Not a text that is only assembled from others.
        if len(re.findall(r"[A-Za-z]{2,}", re.sub(r"{[^}]*}", "", what))) < 2:
            return
        if not any(cures):
            # A sentence that says what to do follows the one that says what happened.
            what, *cures = re.split(r"\. (?=[A-Z{])", what, maxsplit=1)
        self.found.setdefault(what, ({}, warning))[0].update(dict.fromkeys(filter(None, cures)))


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None]]:
    """Every function, and the class that it belongs to."""
    methods = {member: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for member in node.body}
    yield from ((node, methods.get(node)) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _failures(trees: Iterable[ast.Module], constants: dict[ast.Module, Path]) -> dict[str, _Raised]:
    found = {"Failure": _Raised(None, {})}
    for tree in trees:
        for made in [node for node in tree.body if isinstance(node, ast.ClassDef) and "Failure" in map(ast.unparse, node.bases)]:
            makes = next((each for each in made.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
            found[made.name] = _Raised(makes, constants[tree])
    return {name: raised for name, raised in found.items() if name not in LEFT_OUT}


def messages(root: pathlib.Path = ROOT) -> list[Message]:
    """Every message in the code: those of Failure and of warnings, without what some of them end with. Findings are in docs/preflight.md."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted((root / "plugins").rglob("*.py"))}
    code = Code(trees.values())
    constants = {tree: constants_of(tree) for tree in trees.values()}
    # Those that other files may import.
    names = Counter(name for known in constants.values() for name in known)
    shared = {name: text for known in constants.values() for name, text in known.items() if names[name] == 1}
    failures = _failures(trees.values(), constants)
    found: dict[tuple[str, str], tuple[dict[str, None], bool]] = {}
    for file, tree in trees.items():
        parts = file.relative_to(root / "plugins").parts
        finder = _Finder(parts[1] if parts[1] in ROOMS else "", failures)
        for function, owner in _functions(tree):
            finder.warns = "warning" in function.name
            follow(function.body, code.starts(function, owner, {**shared, **constants[tree]}), finder.visit)
        for what, (cures, warning) in finder.found.items():
            found.setdefault((finder.room, what), ({}, warning))[0].update(cures)
    kept = [Message(room, what, " / ".join(cures), warning) for (room, what), (cures, warning) in found.items()]
    return [one for one in kept if not any(one != other and one._replace(what=other.what) == other and one.what.startswith(other.what) for other in kept)]


def tables(found: list[Message]) -> str:
    """The messages as Markdown, a table for each room."""
    lines, taken = [], set[str]()
    for room, title in ROOMS.items():
        rows = sorted((message for message in found if message.room == room), key=lambda message: message.what)
        lines += ["", f"### {title}", "", "| Message | What to do |", "|---|---|"] if rows else []
        for message in rows:
            anchor = message.anchor
            while anchor in taken:
                anchor += "-2"
            taken.add(anchor)
            kind = " (warning)" if message.warning else ""
            lines.append(f'| <a id="{anchor}"></a>{_cell(message.what)}{kind} | {_cure(message)} |')
    return "\n".join(lines[1:])


def _cure(message: Message) -> str:
    if not message.cure:
        return "nothing" if message.warning else ""
    return "depends on the error: the message ends with it" if message.cure == UNKNOWN else _cell(message.cure)


def errors(root: pathlib.Path = ROOT) -> dict[int, str]:
    """The errors of a server that have a cure in the code."""
    tree = ast.parse((root / "plugins/module_utils/_server/error_cures.py").read_text(encoding="utf-8"))
    return next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))


def _errors() -> str:
    rows = [f'| <a id="error-{code}"></a>{code} | {_cell(cure)} |' for code, cure in sorted(errors().items())]
    return "\n".join(["### Errors of MySQL", "", "| MySQL error | What to do |", "|---|---|", *rows])


def plain(text: str) -> str:
    """A message as a reader sees it, with … for what is inserted."""
    return re.sub(r"{[^}]*}", "…", " ".join(text.split()).replace("{{", "(").replace("}}", ")"))


def _cell(text: str) -> str:
    """Escape a text for a table cell, so that characters of Markdown and HTML are shown literally."""
    return re.sub(r"([|*`<>\[\]\\])", r"\\\1", plain(text))


def written(page: str, found: list[Message]) -> str:
    """The page with these tables."""
    before, _begin, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{_errors()}\n\n{tables(found)}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), messages()), encoding="utf-8")
