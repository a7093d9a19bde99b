# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
from pathlib import Path
from typing import List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import ObjectChanged
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.part_cleanup import Leftover, PartCleanup
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.part_file import PartFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.parts import Part, layout
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.verify_download import WrongDownload

STOPPED, WRONG, CHANGED = Failure("stopped"), WrongDownload("damaged"), ObjectChanged()


def parts(done: int) -> List[Part]:
    found = layout([(0, 100)], 10)
    found[0].done = done
    return found


@pytest.mark.parametrize(
    "before, done, error, expected",
    [
        (b"", None, STOPPED, Leftover.REMOVE),
        (b"of an earlier run", None, STOPPED, Leftover.KEEP),
        (b"of an earlier run", None, CHANGED, Leftover.REMOVE),
        (b"of an earlier run", 0, STOPPED, Leftover.REMOVE),
        (b"", 1, STOPPED, Leftover.KEEP),
        (b"", 1, None, Leftover.KEEP),
        (b"", 10, WRONG, Leftover.REMOVE),
        (b"", 10, CHANGED, Leftover.REMOVE),
    ],
)
def test_decision(tmp_path: Path, before: bytes, done: Optional[int], error: Optional[Exception], expected: Leftover) -> None:
    (tmp_path / "part").write_bytes(before)
    with PartFile(str(tmp_path / "part")) as file:
        cleanup = PartCleanup(file)
        if done is not None:
            cleanup.holds(parts(done))
        assert cleanup.leftover(error) is expected


def test_kept_or_removed_with_its_journal(tmp_path: Path) -> None:
    for done, left in ((5, ["part", "part.journal"]), (0, [])):
        (tmp_path / "part.journal").write_text("journal")
        with pytest.raises(Failure), PartFile(str(tmp_path / "part")) as file, PartCleanup(file) as cleanup:
            cleanup.holds(parts(done))
            raise STOPPED
        assert sorted(os.listdir(str(tmp_path))) == left


def test_part_file_that_is_not_needed_is_removed(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"of an earlier run")
    with PartFile(str(tmp_path / "part")) as file, PartCleanup(file) as cleanup:
        cleanup.not_needed()
    assert os.listdir(str(tmp_path)) == []


def test_files_of_the_next_run_are_left_alone_after_the_rename(tmp_path: Path) -> None:
    with PartFile(str(tmp_path / "part")) as file, PartCleanup(file) as cleanup:
        os.rename(str(tmp_path / "part"), str(tmp_path / "dest"))
        cleanup.renamed()
        for name in ("part", "part.journal"):
            (tmp_path / name).write_text("of the next run")
    assert sorted(os.listdir(str(tmp_path))) == ["dest", "part", "part.journal"]
