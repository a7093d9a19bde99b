# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The architecture: unique names, imports that only point downwards, short functions, a unit test file for every file with logic."""

import ast
import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
PACKAGE = "ansible_collections.apsaradb.mysql.plugins."

MAX_LINES = 60
MAX_PARAMETERS = 7

# A file imports its own room, rooms of lower floors and the files in the root of module_utils; never a room of its own floor.
FLOORS = (
    ("modules", "action"),
    ("plugin_utils",),
    ("_jobs",),
    ("_transfer", "_backup", "_binlog", "_load", "_follow", "_verify", "_sandbox", "_report", "_openapi"),
    ("_dump", "_server"),
    ("",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# Below their floor these rooms import nothing but what is named here, and the root of module_utils.
ONLY = {
    "modules": {"_jobs"},
    "_transfer": set(),
    "_backup": set(),
    "_binlog": set(),
    "_load": {"_dump", "_server"},
    "_follow": {"_server"},
    "_verify": {"_server"},
    "_sandbox": set(),
    "_report": set(),
    "_openapi": set(),
}

# Imports that break the rule, with the reason.
WRONG_IMPORTS = {}


def sources(*folders):
    return sorted(path for folder in folders for path in (PLUGINS / folder).rglob("*.py") if path.name != "__init__.py")


@functools.lru_cache(maxsize=None)
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def shown(path):
    return str(path.relative_to(PLUGINS))


def room(path):
    """The room of a file: the first folder below module_utils, "" for the files in its root, elsewhere the folder of its kind of plugin."""
    parts = path.relative_to(PLUGINS).parts
    if parts[0] != "module_utils":
        return parts[0]
    return parts[1] if len(parts) > 2 else ""


def as_file(parts):
    """The file in plugins/ that a dotted name means; None for a name that is not a module of the collection."""
    path = PLUGINS.joinpath(*parts).with_suffix(".py")
    return path if path.is_file() else None


def imported(path):
    """The files of the collection that ``path`` imports, anywhere in its text."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(PLUGINS).parts[: -node.level]
                base = PACKAGE + ".".join(package + ((base,) if base else ()))
            names = [base] + ["{0}.{1}".format(base.rstrip("."), alias.name) for alias in node.names]
        else:
            continue
        found.update(as_file(name[len(PACKAGE) :].split(".")) for name in names if name.startswith(PACKAGE))
    return found - {None}


def repeated(named):
    """Lines ``name: where, where`` for each name that occurs more than once in the pairs ``(name, where)``."""
    places = {}
    for name, place in named:
        places.setdefault(name, []).append(place)
    return ["{0}: {1}".format(name, ", ".join(where)) for name, where in sorted(places.items()) if len(where) > 1]


def test_directories_are_standard_and_private_code_has_an_underscore():
    """Ansible finds plugins directly in these directories; nothing in the other ones may look like an interface."""
    private, public = {"doc_fragments", "module_utils", "plugin_utils"}, {"action", "filter", "modules"}
    found = [path for path in PLUGINS.rglob("*") if "__pycache__" not in path.parts]
    assert {path.name for path in found if path.parent == PLUGINS} <= private | public
    assert not [shown(path) for path in found if path.is_dir() and path.parent.name in public]
    assert not [shown(path) for path in found if path.parent.parent == PLUGINS and path.parent.name in private and not path.name.startswith("_")]


def test_no_file_stem_twice():
    assert not repeated((path.stem.lstrip("_"), shown(path)) for path in sources("module_utils"))


def test_no_file_is_named_like_a_folder_elsewhere():
    folders = {folder for path in sources("module_utils") for folder in path.relative_to(MODULE_UTILS).parents if folder.name}
    clashes = [
        "{0} and {1}/".format(shown(path), folder)
        for path in sources("module_utils")
        for folder in folders
        if path.stem.lstrip("_") == folder.name.lstrip("_") and folder not in path.relative_to(MODULE_UTILS).parents
    ]
    assert not clashes


def test_no_class_name_twice():
    classes = ((node.name.lstrip("_"), shown(path)) for path in sources("module_utils") for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
    assert not repeated(classes)


def test_no_import_cycle():
    """The files of a cycle are those that remain when files that import nothing of the rest are removed again and again."""
    graph = {path: imported(path) - {path} for path in sources("module_utils", "plugin_utils", "filter", "action", "modules")}
    assert sum(map(len, graph.values())) > len(graph), "the imports were not understood"
    while True:
        free = [path for path, targets in graph.items() if not targets & set(graph)]
        if not free:
            break
        for path in free:
            del graph[path]
    assert not sorted(map(shown, graph))


def test_imports_point_downwards():
    wrong = []
    for path in sources("module_utils", "plugin_utils", "filter", "action", "modules"):
        here = room(path)
        for target in sorted(imported(path)):
            there = room(target)
            if there != here and (FLOOR[there] <= FLOOR[here] or there and there not in ONLY.get(here, FLOOR)):
                wrong.append((shown(path), shown(target)))
    assert not [pair for pair in wrong if pair not in WRONG_IMPORTS]


def functions():
    for path in sources("."):
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield "{0} {1}".format(shown(path), node.name), node


def test_functions_are_short():
    assert not [where for where, node in functions() if node.end_lineno - node.lineno + 1 > MAX_LINES]


# Functions that take more, with the reason.
MANY_PARAMETERS = {}


def test_functions_have_few_parameters():
    """Not counting ``self`` and ``cls``."""
    long = []
    for where, node in functions():
        names = [each.arg for each in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
        if len(set(names) - {"self", "cls"}) > MAX_PARAMETERS:
            long.append(where)
    assert not [where for where in long if where not in MANY_PARAMETERS]


def has_logic(path):
    """Whether a file does anything: it has a function. A list of names, sentences or fields has nothing to test."""
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree(path)))


def has_unit_tests(path):
    folder = ROOT / "tests" / "unit" / "plugins" / path.relative_to(PLUGINS).parent
    name = "test_{0}.py".format(path.stem.lstrip("_"))
    return (folder / name).is_file() or (folder / "with_sdk" / name).is_file()


def test_every_file_with_logic_has_its_unit_tests():
    assert not [shown(path) for path in sources("module_utils", "plugin_utils", "filter", "action") if has_logic(path) and not has_unit_tests(path)]


BANNED = re.compile(r"\b(?:told|beside|anew|whoever|of which)\b", re.IGNORECASE)
TEXTS = (".py", ".md", ".yml", ".yaml", ".j2", ".css", ".txt", ".rst")

# Lines that may hold such a word, with the reason.
WITH_THE_WORD = {}


def texts():
    for place in ("README.md", "docs", "plugins", "roles", "playbooks"):
        for path in [ROOT / place, *sorted((ROOT / place).rglob("*"))]:
            if path.is_file() and path.suffix in TEXTS:
                yield path, str(path.relative_to(ROOT))


def test_plain_words():
    found = []
    for path, name in texts():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if BANNED.search(line) and line.strip() not in WITH_THE_WORD:
                found.append("{0}:{1}: {2}".format(name, number, line.strip()))
    assert not found
