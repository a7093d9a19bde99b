# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests/tools/messages.py finds the messages of the code, each with the cure that the code gives with it, and no other."""

from pathlib import Path

import pytest


def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, room: str = "_load") -> set[tuple[str, str]]:
    """The messages in a file of this room, with their cures."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    import messages

    file = tmp_path / "plugins" / "module_utils" / room / "one.py"
    file.parent.mkdir(parents=True)
    file.write_text(code, encoding="utf-8")
    return {(message.what, message.cure) for message in messages.messages(tmp_path)}


CODE = {
    "the same name in two branches": (
        "def one(a):\n"
        "    if a:\n        cure = 'Set ca_path.'\n        raise Failure('No trust here', None, cure)\n"
        "    cure = 'Correct the proxy.'\n    raise Failure('No host here', None, cure)\n",
        {("No trust here", "Set ca_path."), ("No host here", "Correct the proxy.")},
    ),
    "both chosen in the same branch": (
        "def one(a):\n"
        "    what, cure = 'One thing', 'Cure one.'\n"
        "    if a:\n        what, cure = 'Other thing', 'Cure other.'\n"
        "    raise Failure(what, None, cure)\n",
        {("One thing", "Cure one."), ("Other thing", "Cure other.")},
    ),
    "both chosen by the same condition": (
        "def one(a):\n    raise Failure('One thing' if a else 'Other thing', None, 'Cure one.' if a else 'Cure other.')\n",
        {("One thing", "Cure one."), ("Other thing", "Cure other.")},
    ),
    "chosen by the item of a loop": (
        "def one(modes):\n    for side in 'source', 'server':\n        cure = 'Enable it there.' if side == 'source' else 'Enable it here.'\n"
        "        raise Failure('The mode of the {0} is {1}'.format(side, modes[side]), None, cure)\n",
        {("The mode of the source is {1}", "Enable it there."), ("The mode of the server is {1}", "Enable it here.")},
    ),
    "set after an attempt": (
        "def one(a):\n    try:\n        a.read()\n    except OSError:\n        raise Failure('Not read here', None, 'Read it.')\n"
        "    else:\n        cure = 'Free it.'\n    raise Failure('Not free here', None, cure)\n",
        {("Not read here", "Read it."), ("Not free here", "Free it.")},
    ),
    "given by the caller": (
        "def one(path, option, cure='Use url.'):\n    raise Failure('{0} is a URL'.format(option), path, cure)\n"
        "def two(path):\n    one(path, 'archive')\n    one(path, 'src', 'Use dest.')\n",
        {("archive is a URL", "Use url."), ("src is a URL", "Use dest.")},
    ),
    "given by the class": (
        "class Plain:\n    what = 'file'\n    def open(self):\n        raise Failure('The {0} is missing'.format(self.what), None, 'Find it.')\n"
        "class Special(Plain):\n    what = 'binlog'\n",
        {("The file is missing", "Find it."), ("The binlog is missing", "Find it.")},
    ),
    "given by the exception": (
        "CUT = 'cut'\nCURES = {CUT: 'Fetch it.', 'old': 'Leave it.'}\n"
        "class Unreadable(Failure):\n    def __init__(self, kind, what):\n        super().__init__(what, None, CURES[kind])\n"
        "def one():\n    raise Unreadable(CUT, 'The file ends')\n",
        {("The file ends", "Fetch it.")},
    ),
    "in the message itself": (
        "def one(warn, path):\n    warn('The mode is {0}. Set it to 1. Run it again'.format(path))\n    warn('The file {0} was not compared.'.format(path))\n",
        {("The mode is {0}", "Set it to 1. Run it again"), ("The file {0} was not compared.", "")},
    ),
    "known only when it happens": (
        "def one(code, cures):\n    raise Failure('The channel stopped', None, cures.get(code))\n",
        {("The channel stopped", "{}")},
    ),
    "that of another failure": ("def one(failure):\n    raise Failure('{0}, and nothing else helps'.format(failure.what), None, failure.cure)\n", set()),
    "with an optional end": (
        "def one(a):\n    raise Failure('The file is empty' + (': ' + a if a else ''), None, 'Fetch it.')\n",
        {("The file is empty", "Fetch it.")},
    ),
}


@pytest.mark.parametrize("case", CODE)
def test_each_message_has_the_cure_that_belongs_to_it(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, expected = CODE[case]
    assert found(tmp_path, monkeypatch, code) == expected


def test_sentences_that_checks_yield_are_messages_of_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def problems(a):\n    cure = 'Use another one'\n    yield 'The server is {0}. {1}'.format(a, cure)\n"
    assert found(tmp_path, monkeypatch, code, "_jobs") == {("The server is {0}", "Use another one")}
