# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_extract, from options to result."""

import pathlib
from typing import Any, Dict, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_extract import job
from ansible_collections.apsaradb.mysql.tests.support import backups

DUMPS = (backups.SCHEMA_SQL, backups.DATA_SQL)


class Session:
    """Runs the job and collects its warnings."""

    def __init__(self, src: pathlib.Path, dest: pathlib.Path) -> None:
        self.params: Dict[str, Any] = {
            "src": str(src),
            "dest": str(dest),
            "databases": None,
            "exclude": [],
            "decompress": False,
            "max_ratio": 250.0,
        }
        self.warnings: List[str] = []

    def run(self, check_mode: bool = False, **params: Any) -> Dict[str, Any]:
        return job(JobContext(dict(self.params, **params), check_mode, self.warnings.append))


@pytest.fixture(name="session")
def fixture_session(tmp_path: pathlib.Path) -> Session:
    return Session(backups.make(tmp_path, {"shop": DUMPS, "a-b": DUMPS, "mysql": DUMPS}), tmp_path / "out")


def files_below(folder: pathlib.Path) -> List[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_result_of_an_extraction(session: Session, tmp_path: pathlib.Path) -> None:
    result = session.run()
    assert result["changed"]
    assert (result["layout"], result["root"], result["left_out"]) == ("directories", "hins1_data_20260101033000", ["mysql"])
    assert "backup_time=202601010330" in result["config"]
    assert [database["name"] for database in result["databases"]] == ["a-b", "shop"]
    (schema, data) = result["databases"][1]["files"]
    assert schema == {
        "path": str(tmp_path / "out" / "shop" / "schema.sql.gz"),
        "member": "hins1_data_20260101033000/shop/schema.sql.gz",
        "role": "schema",
        "compressed": True,
        "size": (tmp_path / "out" / "shop" / "schema.sql.gz").stat().st_size,
    }
    assert data["role"] == "data"
    assert result["bytes_needed"] > 0 < result["bytes_free"]
    assert session.warnings == []


def test_the_result_has_no_key_that_ansible_interprets(session: Session) -> None:
    # With the key "skipped", for example, Ansible shows the task as skipped.
    assert not {"skipped", "failed", "rc", "ansible_facts"} & set(session.run())


def test_a_second_run_changes_nothing(session: Session) -> None:
    first = session.run()
    second = session.run()
    assert not second["changed"] and second["bytes_needed"] == 0 and "diff" not in second
    assert second["databases"] == first["databases"]


def test_check_mode_predicts_the_result_and_writes_nothing(session: Session, tmp_path: pathlib.Path) -> None:
    before = files_below(tmp_path)
    predicted = session.run(check_mode=True)
    assert files_below(tmp_path) == before
    done = session.run()
    assert (predicted["changed"], predicted["databases"], predicted["diff"], predicted["bytes_needed"]) == (
        True,
        done["databases"],
        done["diff"],
        done["bytes_needed"],
    )
    assert not session.run(check_mode=True)["changed"]


def test_diff_shows_files_that_appear_and_disappear(session: Session, tmp_path: pathlib.Path) -> None:
    assert session.run(databases=["shop"])["diff"]["before"] == ""
    diff = session.run(databases=["shop"], decompress=True)["diff"]
    assert diff["before"].split() == [str(tmp_path / "out" / "shop" / name) for name in ("data.sql.gz", "schema.sql.gz")]
    assert diff["after"].split() == [str(tmp_path / "out" / "shop" / name) for name in ("data.sql", "schema.sql")]


def test_check_mode_predicts_decompressed_sizes(session: Session) -> None:
    predicted = session.run(decompress=True, check_mode=True)["databases"]
    done = session.run(decompress=True)["databases"]
    assert predicted == done
    assert [(found["size"], found["compressed"]) for found in done[0]["files"]] == [(len(dump), False) for dump in DUMPS]


def test_an_unknown_database_fails_and_lists_the_known_ones(session: Session, tmp_path: pathlib.Path) -> None:
    with pytest.raises(Failure) as caught:
        session.run(databases=["shop", "nope"])
    assert str(caught.value) == "The backup has no database nope. It has: a-b, mysql, shop."
    assert not (tmp_path / "out").exists()


def test_fails_when_no_database_is_left(session: Session) -> None:
    with pytest.raises(Failure, match="No database is left to extract"):
        session.run(exclude=["shop", "a-b"])


def test_a_system_schema_is_extracted_when_named(session: Session) -> None:
    result = session.run(databases=["mysql"])
    assert [database["name"] for database in result["databases"]] == ["mysql"] and result["left_out"] == ["a-b", "shop"]


def test_files_outside_the_layout_are_a_warning(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "b.tar"
    path.write_bytes(backups.tar({"r/shop/schema.sql.gz": backups.packed(backups.SCHEMA_SQL), "r/shop/orders.csv": b"1"}))
    session = Session(path, tmp_path / "out")
    assert session.run()["left_out"] == ["r/shop/orders.csv"]
    assert len(session.warnings) == 2 and "orders.csv" in "".join(session.warnings)


@pytest.mark.parametrize("name,words", [("nope.tar", "No such file"), (".", "not a regular file")])
def test_src_must_be_a_regular_file(tmp_path: pathlib.Path, name: str, words: str) -> None:
    with pytest.raises(Failure, match=words):
        Session(tmp_path / name, tmp_path / "out").run()


def test_a_fifo_fails_instead_of_blocking(tmp_path: pathlib.Path) -> None:
    import os

    os.mkfifo(str(tmp_path / "fifo"))
    with pytest.raises(Failure, match="not a regular file"):
        Session(tmp_path / "fifo", tmp_path / "out").run()


def test_a_single_dump_file_is_a_backup_of_one_database(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "sima_datafull_202009291740_1601372414.sql.gz"
    path.write_bytes(backups.packed(backups.DATA_SQL))
    result = Session(path, tmp_path / "out").run()
    assert result["databases"][0]["name"] == "sima" and result["layout"] == "flat"
    assert (tmp_path / "out" / "sima" / path.name).read_bytes() == path.read_bytes()


def test_a_url_in_src_is_refused_without_its_secret(session: Session) -> None:
    with pytest.raises(Failure, match="src is a URL.*rds_backup_fetch first") as caught:
        session.run(src="https:/bucket.oss.example/backup.tar?Expires=1&Signature=s3cret")
    assert "s3cret" not in str(caught.value)
