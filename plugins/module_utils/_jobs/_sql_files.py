# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL files to run: a private copy of each, and its statements as the server reads them."""

import hashlib
import os
import tempfile
from contextlib import ExitStack
from typing import BinaryIO, Iterator, List, NamedTuple, Sequence, Tuple, cast

from .._dump.lexer import Dialect
from .._dump.statement_splitter import ClientSplitter, Statement
from .._failure import Failure
from ._sql_mode import SqlModeTracker

_BLOCK = 1 << 20


class SqlFile(NamedTuple):
    """A file to run. ``path`` is for messages only: the statements come from ``copy``, so they are those of ``sha256`` even if the file changes
    while it waits for its turn, or runs."""

    path: str
    name: str
    sha256: str
    copy: BinaryIO


def copied(paths: Sequence[str], closing: ExitStack) -> List[SqlFile]:
    """Copy the files. The copies have no names, so nobody else can open them, and they disappear with this process; ``closing`` closes them.

    :raises Failure: a file cannot be read or copied, or two have the same name.
    """
    files = [_copied(os.path.abspath(path), closing) for path in paths]
    if len({file.name for file in files}) < len(files):
        raise Failure("Two files have the same name", ", ".join(file.path for file in files), "The ledger identifies files by name. Rename one of them.")
    return files


def _copied(path: str, closing: ExitStack) -> SqlFile:
    digest = hashlib.sha256()
    try:
        copy = cast(BinaryIO, closing.enter_context(tempfile.TemporaryFile()))
        source = closing.enter_context(_opened(path))
        for block in _blocks(source, path):
            digest.update(block)
            copy.write(block)
        copy.flush()
        source.close()
    except OSError as error:
        cure = "Free space there, or set TMPDIR to another directory in the environment of the task. Nothing was changed."
        raise Failure("The SQL file {0} cannot be copied: {1}".format(path, error.strerror), tempfile.gettempdir(), cure) from error
    return SqlFile(path, os.path.basename(path), digest.hexdigest(), copy)


def _opened(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def _blocks(source: BinaryIO, path: str) -> Iterator[bytes]:
    while True:
        try:
            block = source.read(_BLOCK)
        except OSError as error:
            raise _unreadable(path, error) from error
        if not block:
            return
        yield block


def _unreadable(path: str, error: OSError) -> Failure:
    return Failure("The SQL file cannot be read: {0}".format(error.strerror), path, "Specify the path of a file on this host.")


def statements_of(file: SqlFile, version: int, sql_mode: str) -> Iterator[Tuple[Statement, Dialect]]:
    """The statements as the ``mysql`` client would send them, each with the dialect in which the server reads it.

    ``sql_mode`` is that of the connection when the file begins.

    :raises Failure: the file ends in the middle of a string or comment, a statement is too large, or the dialect of the next one is unknown.
    """
    mode = SqlModeTracker(version, sql_mode)
    file.copy.seek(0)
    splitter = ClientSplitter(file.copy, dollar_quotes=version >= 90000)
    splitter.backslash, splitter.ansi_quotes = mode.dialect.backslash, mode.dialect.ansi_quotes
    for statement in _split(splitter, file.path):
        yield statement, mode.dialect
        mode.follow(statement.text, "{0}, line {1}".format(file.path, statement.line))
        splitter.backslash, splitter.ansi_quotes = mode.dialect.backslash, mode.dialect.ansi_quotes
    if splitter.open_at_end not in (None, "a statement"):
        raise Failure("The SQL file ends in the middle of {0}".format(splitter.open_at_end), file.path, "Complete it.")


def _split(splitter: ClientSplitter, path: str) -> Iterator[Statement]:
    try:
        yield from splitter
    except Failure as failure:
        # Its place quotes the statement.
        raise Failure(failure.what, path, failure.cure) from None
