# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import threading
from pathlib import Path
from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import part_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.part_file import PartFile, need_space, settle
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import Place


@pytest.mark.parametrize("leave", [lambda path: path.rename(path.with_name("dest")), lambda path: path.unlink(), lambda path: None])
def test_the_second_waits_and_never_gets_a_file_that_lost_its_name(tmp_path: Path, leave: object) -> None:
    path = tmp_path / "part"
    order: List[str] = []
    started = threading.Event()

    def second() -> None:
        started.set()
        with PartFile(str(path)) as mine:
            order.append("second")
            assert mine.waited and mine.is_here()
            os.write(mine.number, b"second")

    with PartFile(str(path)) as first:
        assert not first.waited
        os.write(first.number, b"FIRST!")
        thread = threading.Thread(target=second)
        thread.start()
        started.wait()
        # Time enough to overtake, if it could.
        thread.join(0.2)
        order.append("first")
        leave(path)  # type: ignore[operator]
    thread.join(10)
    assert order == ["first", "second"]
    assert path.read_bytes() == b"second"
    assert not (tmp_path / "dest").exists() or (tmp_path / "dest").read_bytes() == b"FIRST!"


def test_a_file_system_without_locks_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(number: int, how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(part_file.fcntl, "flock", no_locks)
    with PartFile(str(tmp_path / "part")) as part:
        assert part.is_here() and not part.waited


def test_space(tmp_path: Path) -> None:
    need_space(str(tmp_path), 1)
    with pytest.raises(Failure, match="too little space.*Free") as caught:
        need_space(str(tmp_path), 1 << 62)
    assert caught.value.facts["bytes_needed"] == 1 << 62 > caught.value.facts["bytes_free"] > 0


def test_settle_replaces_in_one_step(tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    dest.write_bytes(b"old")
    dest.chmod(0o604)
    with PartFile(str(tmp_path / "part")) as part:
        os.write(part.number, b"new")
        settle(part, str(dest))
    assert dest.read_bytes() == b"new"
    assert dest.stat().st_mode & 0o777 == 0o604
    assert [path.name for path in tmp_path.iterdir()] == ["dest"]


def test_the_journal_goes_before_the_folder_is_flushed_which_may_take_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "part.journal").write_text("of the one that settles")

    def flush(folder: str) -> None:
        # Meanwhile another one has begun.
        assert sorted(os.listdir(folder)) == ["dest"]
        (tmp_path / "part.journal").write_text("of the next one")

    monkeypatch.setattr(part_file, "flush_folder", flush)
    with PartFile(str(tmp_path / "part")) as part:
        settle(part, str(tmp_path / "dest"))
    assert (tmp_path / "part.journal").read_text() == "of the next one"


def test_object_larger_than_the_disk(place: Place) -> None:
    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.head(found, 0, 0, Content_Range="bytes 0-0/{0}".format(1 << 55))
        handler.send_raw(b"x")

    place.server.inject(faulty_oss.Fault(act, probes=True, times=2))
    with pytest.raises(Failure, match="too little space: 32768.0 TiB more are needed") as caught:
        place.fetch()
    assert caught.value.facts["bytes_needed"] == 1 << 55
    assert place.left() == []
    with pytest.raises(Failure, match="too little space"):
        place.fetch(dry_run=True)
    assert place.server.bodies() == []
