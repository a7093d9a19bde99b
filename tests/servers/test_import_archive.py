# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database imported from a backup, a file or a URL, is the same as from its SQL files, and nothing is written to disk."""

import glob
import gzip
import io
import os
import random
import re
import resource
import signal
import time

import pytest
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, faulty_oss, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

pytestmark = pytest.mark.servers(1)

SOURCE, TARGET, OBJECT = "archive_source", "archive_target", "hins1_data_20260101033000.tar"
# Bytes of headers and of both ends of two files.
LOOK = 200000
# Small pieces make a small dump look large to the reader, and nobody has to wait between two tries.
SMALL = (
    "from ansible_collections.apsaradb.mysql.plugins.module_utils import _backoff\n"
    "from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import read_ahead\n"
    "from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _import_options\n"
    "from ansible_collections.apsaradb.mysql.plugins.module_utils._load import sql_in_memory\n"
    "read_ahead.PIECE, _backoff.LONGEST, _import_options.BATCH_BYTES = 1 << 17, 0.05, 1 << 14\n"
    # As on a host without memory to spare: the files are read a second time.
    "sql_in_memory._SHARE = 1 << 62\n"
)
# Rows that hardly compress, in many small INSERTs.
FILL = b"""
CREATE TABLE filled (id INT NOT NULL AUTO_INCREMENT, hash CHAR(64) NOT NULL, other VARCHAR(128), PRIMARY KEY (id), KEY hash (hash)) ENGINE=InnoDB;
INSERT INTO filled (hash, other) VALUES (SHA2(1, 256), SHA2(2, 512));
"""
DOUBLE = b"INSERT INTO filled (hash, other) SELECT SHA2(CONCAT(hash, id), 256), SHA2(CONCAT(id, hash), 512) FROM filled;\n"


class Place:
    """A server, a backup that contains one of its databases, and a way to import it."""

    def __init__(self, entry, folder):
        self.entry = entry
        databases.make(entry, SOURCE, ["foreign_key_cycles", "stored_programs", "odd_names"])
        databases.run(entry, FILL + DOUBLE * 13, SOURCE)
        self.dumps = databases.pair(entry, SOURCE, "--net-buffer-length=16384")
        self.source = databases.content(entry, SOURCE)
        self.folder = folder
        other = (backups.SCHEMA_SQL, backups.DATA_SQL)
        self.path = str(backups.make(folder, {"another": other, "shop": self.dumps, "mysql": other}))
        os.rename(self.path, str(folder / OBJECT))
        self.path = str(folder / OBJECT)
        self.members = self.extracted()

    def extracted(self):
        """The database's folder as rds_backup_extract makes it."""
        Module("rds_backup_extract", {"src": self.path, "dest": str(self.folder / "out"), "databases": ["shop"]}).answer()
        return sum(os.path.getsize(path) for path in glob.glob(str(self.folder / "out" / "shop" / "*")))

    @property
    def src(self):
        return [str(self.folder / "out" / "shop")]

    def start(self, home=None, check=False, real=False, **options):
        options = dict({"login_user": "root", "database": TARGET, "events": "keep"}, **options)
        if not options.get("src"):
            options.setdefault("source_database", "shop")
        options.update(login_unix_socket=self.entry["socket"], config_file="/dev/null", _ansible_check_mode=check)
        return Module("mysql_sql_import", options, "" if real else SMALL, home)

    def run(self, **options):
        answer = self.start(**options).answer()
        assert not answer.get("failed"), answer["msg"]
        return answer

    def loaded(self):
        """How many steps the ledger has of the import."""
        control = databases.connection(self.entry)
        try:
            if not control.rows("SHOW DATABASES LIKE 'apsaradb\\_mysql'"):
                return 0
            return int(control.value("SELECT COUNT(*) FROM apsaradb_mysql.chunk WHERE target = %s", (TARGET.encode(),)))
        finally:
            control.close()

    def kill_in_the_rows(self, process):
        """kill -9 when some of them are there."""
        until = time.monotonic() + 300
        while self.loaded() < 10:
            assert process.poll() is None and time.monotonic() < until, process.poll()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        there = self.loaded()
        assert there, "it was over too soon"
        return there

    def check(self):
        assert databases.content(self.entry, TARGET) == self.source


@pytest.fixture(scope="module", params=["9.7", "5.7"])
def place(request, tmp_path_factory):
    entry = fixtures.server(request.param)
    yield Place(entry, tmp_path_factory.mktemp("place"))
    databases.drop(entry, SOURCE, TARGET)


@pytest.fixture
def server(place, monkeypatch):
    """An OSS server with the backup, and no target database yet."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    databases.drop(place.entry, TARGET)
    with faulty_oss.FaultyServer(place.folder) as server:
        yield server


def test_archive_url_and_files_give_the_same_database(place, server):
    told = place.run(archive=place.path, check=True)
    done = place.run(archive=place.path)
    place.check()
    assert done["changed"] and told["changed"] and not done["resumed"] and "bytes_downloaded" not in done
    assert [(table["name"], table["rows_expected"]) for table in told["tables"]] == [(table["name"], table["rows"]) for table in done["tables"]]
    assert {table["name"]: table["rows"] for table in done["tables"]}["filled"] == 1 << 13
    again = [place.run(archive=place.path), place.run(src=place.src), place.run(url=server.sign(OBJECT, 3600))]
    assert [(one["changed"], one["fingerprint"]) for one in again] == [(False, done["fingerprint"])] * 3
    assert again[2]["bytes_downloaded"] == server.sent - 1 < LOOK

    databases.drop(place.entry, TARGET)
    server.sent = 0
    done = place.run(url=server.sign(OBJECT, 3600))
    place.check()
    assert done["changed"] and done["source"] == "external" and not place.run(src=place.src)["changed"]
    # Read twice: for the scan and for the load.
    assert 2 * place.members < done["bytes_downloaded"] <= server.sent - 1 < 2 * place.members + LOOK


def test_what_fits_into_memory_is_downloaded_once(place, server):
    done = place.run(url=server.sign(OBJECT, 3600), real=True)
    place.check()
    assert done["changed"] and place.members < done["bytes_downloaded"] <= server.sent - 1 < place.members + LOOK


@pytest.mark.parametrize("way", ["archive", "url"])
def test_nothing_is_written_to_disk_and_nothing_secret_is_shown(place, server, tmp_path, way):
    # Slow enough to be observed.
    server.rate = 2e6
    url = server.sign(OBJECT, 3600)
    secrets = [server.secret, url.partition("?")[2], re.search(r"Signature=([^&]+)", url).group(1)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock
    process = place.start(home=str(tmp_path), **{way: {"url": url, "archive": place.path}[way]})
    seen, wrong, looks = set(), [], 0
    while process.poll() is None:
        wrong += list(tmp_path.iterdir())
        for pid in family(process.pid):
            seen.add(pid)
            wrong += [path for path in written(pid) if not path.startswith(("/dev/", "/proc/", "/memfd:"))]
            wrong += [secret for secret in secrets if secret in read("/proc/{0}/cmdline".format(pid)) + read("/proc/{0}/environ".format(pid))]
        looks += 1
        # A process that unpacks ends soon.
        if len(seen) > 2 or looks % 10 == 0:
            control = databases.connection(place.entry)
            wrong += [row for row in control.rows("SHOW FULL PROCESSLIST") if any(secret in str(row) for secret in secrets)]
            control.close()
        if len(seen) > 2:
            time.sleep(0.05)
    answer = process.answer()
    assert answer["changed"] and wrong == [], (answer, wrong)
    # The module and a process for each of two files. Those that unpack a local archive may end between two looks.
    assert len(seen) >= (3 if way == "url" else 2), seen
    # In blocks of 512 bytes; the rest is what an interpreter writes.
    assert (resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock - before) * 512 < 1 << 20
    assert not any(secret in process.said for secret in secrets)
    place.check()
    control = databases.connection(place.entry)
    noted = str(control.rows("SELECT text FROM apsaradb_mysql.piece WHERE target = %s", (TARGET.encode(),)))
    control.close()
    assert not any(secret in noted for secret in secrets)


def test_read_ahead_takes_less_than_64_mib_per_file(server, place, tmp_path):
    # Comments that do not compress: much to read and nothing to load between the first row and the last.
    comment = b"-- " + random.Random(5).getrandbits(8 << 20).to_bytes(1 << 20, "big").replace(b"\n", b"n").replace(b"\0", b"0") + b"\n"
    row = b"INSERT INTO `t` VALUES (%d);\n"
    files = {"hins1/shop/schema.sql.gz": backups.packed(backups.SCHEMA_SQL)}
    for number in (1, 2):
        out = io.BytesIO()
        with gzip.GzipFile("", "wb", 1, out, mtime=0) as packer:
            packer.write(row % number)
            for _mebibyte in range(72):
                packer.write(comment)
            packer.write(row % (number + 2) + b"-- Dump completed\n")
        files["hins1/shop/data_{0}.sql.gz".format(number)] = out.getvalue()
    assert min(len(files[name]) for name in files if "data" in name) > 72 << 20
    (place.folder / "large.tar").write_bytes(backups.tar(files))
    peaks = []
    for way, where in (("archive", str(place.folder / "large.tar")), ("url", server.sign("large.tar", 3600))):
        databases.drop(place.entry, TARGET)
        process = place.start(real=True, home=str(tmp_path), **{way: where})
        peaks.append(peak(process))
        answer = process.answer()
        assert not answer.get("failed") and answer["tables"][0]["rows"] == 4, answer["msg"]
    assert peaks[1] - peaks[0] < 2 * (64 << 20), peaks


def peak(process):
    """The largest sum of the peak memory of the processes that were alive at one time."""
    most = 0
    while process.poll() is None:
        found = [re.search(r"VmHWM:\s*(\d+)", read("/proc/{0}/status".format(pid))) for pid in family(process.pid)]
        most = max(most, sum(int(one.group(1)) * 1024 for one in found if one))
        time.sleep(0.01)
    return most


def family(pid):
    """A process and its children."""
    found = [pid]
    for path in glob.glob("/proc/{0}/task/*/children".format(pid)):
        for child in read(path).split():
            found += family(int(child))
    return found


def written(pid):
    """The files a process has open for writing."""
    found = []
    for link in glob.glob("/proc/{0}/fd/*".format(pid)):
        try:
            path = os.readlink(link)
            flags = re.search(r"flags:\s*(\d+)", read(link.replace("/fd/", "/fdinfo/")))
            # Otherwise the number was given to another file in between, and the flags may be of that one.
            same = os.readlink(link) == path
        except OSError:
            continue
        if same and flags and int(flags.group(1), 8) & os.O_ACCMODE and path.startswith("/"):
            found.append(path)
    return found


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def test_an_import_from_an_archive_resumes_after_a_kill(place, server):
    noted = place.kill_in_the_rows(place.start(archive=place.path))
    done = place.run(archive=place.path)
    assert done["resumed"] and done["skipped_bytes"] >= noted
    place.check()


def test_an_import_from_a_url_resumes_with_another_url_despite_faults(place, server):
    server.rate = 3e6
    place.kill_in_the_rows(place.start(url=server.sign(OBJECT, 3600)))
    server.rate = 0
    server.inject(
        faulty_oss.drop(5000),
        faulty_oss.drop(70000, times=3),
        faulty_oss.answer(503, times=2),
        faulty_oss.whole(),
        faulty_oss.elsewhere(9),
        faulty_oss.drop(0, reset=True),
    )
    done = place.run(url=server.sign(OBJECT, 3600))
    assert done["resumed"] and done["skipped_bytes"]
    place.check()


def test_a_url_that_expires_during_the_import_is_replaced_by_a_fresh_one(place, server):
    # Slow enough that the import still reads when the clock moves.
    server.rate = 1e6
    first = server.sign(OBJECT, 3600)
    process = place.start(url=first)
    while place.loaded() < 10:
        assert process.poll() is None, process.answer()
        time.sleep(0.01)
    server.clock = 7200
    answer = process.answer()
    assert answer["failed"] and answer["expired"] and "expired" in answer["msg"] and "fresh download URL" in answer["msg"], answer
    assert first.partition("?")[2] not in process.said and place.loaded() >= 10
    server.rate, sent = 0, server.sent
    done = place.run(url=server.sign(OBJECT, 3600 + 7200))
    assert done["resumed"] and done["skipped_bytes"] and server.sent - sent < 2 * place.members + LOOK
    place.check()


def test_a_damaged_response_is_refused_before_the_first_write(place, server):
    server.inject(faulty_oss.flip(300, where=lambda seen: seen.last - seen.first == (1 << 17) - 1))
    answer = place.start(url=server.sign(OBJECT, 3600)).answer()
    assert answer["failed"] and re.search("damaged|truncated|could not be read", answer["msg"]), answer["msg"]
    control = databases.connection(place.entry)
    assert not control.rows("SHOW DATABASES LIKE %s", (TARGET,))
    control.close()


@pytest.mark.parametrize(
    "options, said",
    [
        ({"archive": "http://127.0.0.1/x.tar?Signature=hush"}, "Use url instead"),
        ({"archive": ""}, "nothing to load"),
        ({"src": ["/nowhere.sql"], "source_database": "shop"}, "source_database needs database, and archive"),
    ],
)
def test_refused_options(tmp_path, options, said):
    (tmp_path / "ship.tar").write_bytes(backups.tar(backups.plain_backup()))
    process = Module("mysql_sql_import", dict({"database": TARGET, "login_unix_socket": "/nowhere"}, **options), home=str(tmp_path))
    answer = process.answer()
    assert answer["failed"] and said in answer["msg"] and "hush" not in process.said, answer
