# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation: EXAMPLES of the modules and filters, and the YAML blocks and commands of the pages.

They share one story, so that one table of values turns each into a playbook for this machine: an instance rm-bp1abcd1234 with the databases shop and
forum, its backup 321020562 of the transactions 1-4711, and an accident at 09:41 on 2026-11-28.
"""

import ast
import datetime
import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]
ACCIDENT = datetime.datetime(2026, 11, 28, 9, 41)
TASKS, PLAYS, VARIABLES = "tasks", "plays", "variables"

# A YAML block that is not an example: what the role returns. tests/servers/test_examples.py compares its keys with a restore.
SHOWN = "roles/restore/README.md (2)"


class Example(NamedTuple):
    """``name`` is that of the plugin, or the page with the heading above the block, and its number if there are several."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        """Whether the text holds tasks, plays, or variables of the role ``restore``."""
        content = yaml.safe_load(self.text)
        return VARIABLES if isinstance(content, dict) else PLAYS if "hosts" in content[0] else TASKS

    def tasks(self) -> Dict[str, str]:
        """The text of each task by the task's name, as it is written."""
        texts = re.split(r"(?m)^(?=- )", self.text)[1:]
        found = {yaml.safe_load(re.sub(r": \*\w+", ": {}", text))[0]["name"]: text for text in texts}
        assert len(found) == len(texts), "two tasks have the same name"
        return found


class Block(NamedTuple):
    """A fenced block of a page: ``language`` is the word after its fence."""

    page: str
    heading: str
    language: str
    text: str

    @property
    def is_yaml(self) -> bool:
        return self.language == "yaml" or re.match(r"# \S+\.yml\n", self.text) is not None


def blocks(path: Path) -> Iterator[Block]:
    """The fenced blocks of a page. The heading of the page itself counts as none."""
    heading = ""
    for found in re.finditer(r"^##+ (?P<heading>[^\n]+)$|^```(?P<language>\w*)\n(?P<text>.*?)^```$", path.read_text(encoding="utf-8"), re.S | re.M):
        if found.group("heading"):
            heading = found.group("heading")
        else:
            yield Block(str(path.relative_to(ROOT)), heading, found.group("language"), found.group("text"))


def of_pages() -> Iterator[Example]:
    """The YAML blocks of all pages."""
    for path in PAGES:
        seen: Dict[str, int] = {}
        for block in blocks(path):
            if block.is_yaml:
                name = block.page + (": " + block.heading if block.heading else "")
                seen[name] = seen.get(name, 0) + 1
                yield Example(name + (" ({0})".format(seen[name]) if seen[name] > 1 else ""), block.text)


def commands() -> List[Block]:
    """The blocks that are one command with a playbook of the collection."""
    found = [block for path in PAGES for block in blocks(path) if not block.is_yaml and "ansible-playbook apsaradb.mysql." in block.text]
    assert all(block.text.count("\n") == 1 for block in found)
    return found


def of_plugins() -> Iterator[Example]:
    """EXAMPLES of all modules and filters."""
    for path in sorted((ROOT / "plugins").glob("*/[a-z]*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
                yield Example(path.stem, ast.literal_eval(node.value).lstrip("\n"))


def all_examples() -> List[Example]:
    """Every example that runs."""
    return [example for example in [*of_plugins(), *of_pages()] if example.name != SHOWN]


class Value(NamedTuple):
    """What ``pattern`` finds in an example is replaced by what ``replacement`` of the machine returns for the match."""

    pattern: str
    replacement: Callable[[Any, Any], str]


def _time(machine: Any, found: Any) -> str:
    """The time of an example as far from the accident of this machine as from that of the examples, in the same notation."""
    text = found.group()
    if len(text) == 10:
        return str((datetime.datetime.strptime(text, "%Y-%m-%d") + (machine.accident.date() - ACCIDENT.date())).date())
    zone = datetime.timedelta(hours=int(text[-6:-3])) if text[-6] == "+" else datetime.timedelta()
    notation = "%Y-%m-%d" + text[10] + ("%H:%M:%S" if text.count(":") > 1 + bool(zone) else "%H:%M")
    bare = re.sub(r"(Z|\+\d\d:\d\d)$", "", text)
    moved = datetime.datetime.strptime(bare, notation) - zone + (machine.accident - ACCIDENT)
    return (moved + zone).strftime(notation) + text[len(bare) :]


# The only changes of an example before it runs, in this order. A machine has these attributes; see tests/servers/test_examples.py.
VALUES = [
    # Paths are the same, in a directory of the test.
    Value(r"(?<=[\s\"\[])/(?:var|srv|etc)/[\w./-]+", lambda machine, found: str(machine.folder) + found.group()),
    # The servers.
    Value(r"/run/mysqld/mysqld\.sock", lambda machine, found: str(machine.socket)),
    Value(
        r"(?m)^( *)(login_)?host: rm-bp1abcd1234\.mysql\.rds\.aliyuncs\.com$",
        lambda machine, found: "{1}{2}host: 127.0.0.1\n{1}{2}port: {0}".format(machine.source_port, found.group(1), found.group(2) or ""),
    ),
    # Only an ECS instance has the metadata of its role; the environment has an access key.
    Value(r"(?m)^ *ecs_role_name: restore\n", lambda machine, found: ""),
    # What this machine has no other of: a version of MySQL, a group.
    Value(r"8\.4(?=\"|\.0-linux)", lambda machine, found: str(machine.series)),
    Value(r"(?<=group: )dba", lambda machine, found: str(machine.group)),
    # The backup and the transactions of the source.
    Value(r"(?<=crc64:)11051210869376104954", lambda machine, found: str(machine.crc64)),
    Value(r"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711\b", lambda machine, found: str(machine.backed_up)),
    Value(r"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5000\b", lambda machine, found: str(machine.reached)),
    Value(r"2026-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|\+\d\d:\d\d)?)?(?![\d.])", _time),
]


def replaced(text: str, machine: Any) -> str:
    """The example with the values of this machine."""
    for value in VALUES:
        text = re.sub(value.pattern, lambda found, value=value: value.replacement(machine, found), text)  # type: ignore[misc]
    return text
