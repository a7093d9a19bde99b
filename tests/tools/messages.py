# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages in the code of plugins/, and their tables in docs/troubleshooting.md. ``python3 tests/tools/messages.py`` rewrites the tables."""

import ast
import re
from pathlib import Path
from typing import Iterator, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
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


class Message(NamedTuple):
    """A sentence of the code, with ``{}`` for what is inserted, and its cure, "" if there is none in the same place."""

    room: str
    what: str
    cure: str
    warning: bool

    @property
    def anchor(self) -> str:
        """Made from its first words, so it is stable as long as they are."""
        words = re.findall(r"[a-z0-9_]+", re.sub(r"{[^}]*}", " ", self.what.lower()))
        return "-".join(words[:9])


def text_of(node: ast.AST | None, names: dict[str, list[str]]) -> list[str]:
    """The texts that an expression can be; ``{}`` for parts that are known only when it runs. Empty if it has no words of its own."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return text_of(node.body, names) + text_of(node.orelse, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [left + right for left in text_of(node.left, names) or ["{}"] for right in text_of(node.right, names) or ["{}"]]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "rstrip"):
        return text_of(node.func.value, names)
    if isinstance(node, ast.Name):
        return names.get(node.id, [])
    return []


def _names(tree: ast.AST, known: dict[str, list[str]]) -> dict[str, list[str]]:
    """The texts assigned to each name in a function or file, which may be several."""
    found = dict(known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            pairs = zip(target.elts, value.elts, strict=False) if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) else [(target, value)]
            for name, part in pairs:
                if isinstance(name, ast.Name):
                    found[name.id] = found.get(name.id, []) + text_of(part, known)
    return found


def _of_call(node: ast.Call, room: str, names: dict[str, list[str]], failures: set[str]) -> Iterator[Message]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called not in (*failures, "warn") or not node.args:
        return
    cure = node.args[2] if len(node.args) > 2 else next((word.value for word in node.keywords if word.arg == "cure"), None)
    cures = " / ".join(dict.fromkeys(text_of(cure, names))) if called != "warn" else ""
    for what in text_of(node.args[0], names):
        yield Message(room, what, cures, called == "warn")


def _worded(node: ast.AST, room: str, names: dict[str, list[str]], failures: set[str]) -> Iterator[Message]:
    if isinstance(node, ast.Call):
        yield from _of_call(node, room, names, failures)
    elif isinstance(node, ast.Yield) and room == "_jobs":
        # The checks before a roll-forward, whose sentences include what to do.
        yield from (Message(room, what, "", False) for what in text_of(node.value, names))


def messages(root: Path = ROOT) -> list[Message]:
    """Every message in the code: those of Failure and of warnings. Findings are in docs/preflight.md."""
    found: dict[tuple[str, str], Message] = {}
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted((root / "plugins").rglob("*.py"))}
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    failures = {"Failure"} | {made.name for made in classes if any(ast.unparse(base) == "Failure" for base in made.bases)}
    for file, tree in trees.items():
        parts = file.relative_to(root / "plugins").parts
        room = parts[1] if parts[1] in ROOMS else ""
        constants = _names(ast.Module([node for node in tree.body if isinstance(node, ast.Assign)], []), {})
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            names = _names(function, constants)
            for node in ast.walk(function):
                for message in _worded(node, room, names, failures):
                    # Not a text that is only assembled from others.
                    if len(re.findall(r"[A-Za-z]{2,}", re.sub(r"{[^}]*}", "", message.what))) > 1:
                        found.setdefault((room, message.what.strip()), message._replace(what=message.what.strip()))
    return list(found.values())


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
            lines.append(f'| <a id="{anchor}"></a>{_cell(message.what)}{kind} | {_cell(message.cure) or "as the message says"} |')
    return "\n".join(lines[1:])


def errors(root: Path = ROOT) -> dict[int, str]:
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
