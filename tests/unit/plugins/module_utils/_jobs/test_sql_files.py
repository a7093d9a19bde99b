# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of SQL files, and how they are split; tests/servers/test_restore_sql.py runs files."""

import errno
import hashlib
import os
import tempfile
from contextlib import ExitStack
from typing import Any, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._sql_files import SqlFile, copied, statements_of


def texts(file: SqlFile, sql_mode: str = "") -> List[Tuple[str, int]]:
    return [(statement.text.decode(), statement.line) for statement, _dialect in statements_of(file, 90700, sql_mode)]


def statements(tmp_path: Any, text: str, sql_mode: str = "") -> List[Tuple[str, int]]:
    path = tmp_path / "after.sql"
    path.write_bytes(text.encode())
    with ExitStack() as closing:
        return texts(copied([str(path)], closing)[0], sql_mode)


def test_a_file_is_split_under_the_sql_mode_that_its_statements_set(tmp_path: Any) -> None:
    text = "SELECT 'a;b';\nSET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSELECT '\\';\nSELECT 2"
    assert statements(tmp_path, text) == [("SELECT 'a;b'", 1), ("SET sql_mode = 'NO_BACKSLASH_ESCAPES'", 2), ("SELECT '\\'", 3), ("SELECT 2", 4)]
    assert statements(tmp_path, "SELECT '\\';\nSELECT 2;", "NO_BACKSLASH_ESCAPES") == [("SELECT '\\'", 1), ("SELECT 2", 2)]


@pytest.mark.parametrize("end, where", [("SELECT 'a", "a string"), ("SELECT `a", "a name"), ("SELECT 1 /* a", "a comment")])
def test_a_file_that_ends_in_the_middle_is_refused_without_its_text(tmp_path: Any, end: str, where: str) -> None:
    with pytest.raises(Failure, match="ends in the middle of " + where) as caught:
        statements(tmp_path, "SELECT 1;\n" + end)
    assert "SELECT" not in str(caught.value)


def test_a_file_that_changes_after_it_was_hashed_runs_as_it_was(tmp_path: Any) -> None:
    path = tmp_path / "after.sql"
    path.write_bytes(b"SELECT 'old';")
    with ExitStack() as closing:
        (file,) = copied([str(path)], closing)
        read = statements_of(file, 90700, "")
        # In its place and over it, before and while it is read, and after that for another database.
        path.write_bytes(b"SELECT 'new'; SELECT 'newer';")
        assert [statement.text for statement, _dialect in read] == [b"SELECT 'old'"]
        path.unlink()
        assert texts(file) == texts(file) == [("SELECT 'old'", 1)]
        assert file.sha256 == hashlib.sha256(b"SELECT 'old';").hexdigest()
    assert file.copy.closed


def test_nobody_else_can_open_a_copy(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    path = tmp_path / "after.sql"
    path.write_bytes(b"SELECT 1")
    with ExitStack() as closing:
        (file,) = copied([str(path)], closing)
        assert not list(folder.iterdir()) and os.fstat(file.copy.fileno()).st_mode & 0o077 == 0


def test_a_copy_without_space_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "after.sql"
    path.write_bytes(b"SELECT 1")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with ExitStack() as closing, pytest.raises(Failure, match=r"after.sql cannot be copied: No space left.*set TMPDIR"):
        copied([str(path)], closing)


def test_a_file_that_cannot_be_read_and_two_of_one_name_are_refused(tmp_path: Any) -> None:
    with ExitStack() as closing, pytest.raises(Failure, match="cannot be read: No such file"):
        copied([str(tmp_path / "missing.sql")], closing)
    with ExitStack() as closing, pytest.raises(Failure, match="cannot be read: Is a directory"):
        copied([str(tmp_path)], closing)
    (tmp_path / "other").mkdir()
    for folder in tmp_path, tmp_path / "other":
        (folder / "after.sql").write_bytes(b"SELECT 1")
    with ExitStack() as closing, pytest.raises(Failure, match="the same name"):
        copied([str(tmp_path / "after.sql"), str(tmp_path / "other" / "after.sql")], closing)
