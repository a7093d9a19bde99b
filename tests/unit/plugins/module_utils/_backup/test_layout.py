# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From members to databases: both layouts, odd names, and archives that are not taken."""

import gzip
import pathlib
import tarfile
from typing import Dict, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import layout
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.file_reader import FileReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.layout import order_files, read_manifest, select
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.manifest import Manifest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import backups
from ansible_collections.apsaradb.mysql.tests.support.backups import DATA_SQL, SCHEMA_SQL, BytesReader, archive, entry, header, packed, pax, tar


def manifest_of(*names: str) -> Manifest:
    return read_manifest(BytesReader(tar({name: packed(name.encode("utf-8")) for name in names}, tarfile.PAX_FORMAT)))


def files(manifest: Manifest) -> Dict[str, List[Tuple[str, str]]]:
    return {database.name: [(member.name, member.role) for member in database.members] for database in manifest.databases}


@pytest.mark.parametrize("root", ["hins1_data_20260101033000", "", "a/b", "根", "schema", "."])
@pytest.mark.parametrize("shape,dumps", [("directories", (SCHEMA_SQL, DATA_SQL)), ("flat", (SCHEMA_SQL + DATA_SQL,))])
def test_both_layouts_with_any_root(tmp_path: pathlib.Path, shape: str, dumps: Tuple[bytes, ...], root: str) -> None:
    path = backups.make(tmp_path, {"shop": dumps, "a-b_c": dumps, "mysql": dumps}, shape, root)
    with FileReader(str(path)) as reader:
        manifest = read_manifest(reader)
        assert (manifest.layout, manifest.root) == (shape, root.strip("."))
        assert [database.name for database in manifest.databases] == ["a-b_c", "mysql", "shop"]
        assert manifest.config == "backup_time=202601010330\ndatabases=shop,a-b_c,mysql\n"
        assert manifest.strangers == () and manifest.notes == ()
        for database in manifest.databases:
            assert [member.role for member in database.members] == (["schema", "data"] if shape == "directories" else ["all"])
            for number, member in enumerate(database.members):
                content = reader.read(member.offset, member.size)
                assert len(content) == member.size and gzip.decompress(content) == dumps[number]


def test_real_names_of_flat_backups() -> None:
    found = files(
        manifest_of(
            "hscfdocs_datafull_201807261337_1807261337.sql.gz",
            "_member_datafull_202005072343_1588866221_1.sql",
            "_member_datafull_202005072343_1588866221_10.sql",
            "_member_datafull_202005072343_1588866221_2.sql",
            "sima_datafull_202009291740_1601372414.sql.gz",
            "x_datafull_202009291740_1_datafull_202009291740_1601372414.sql.gz",
        )
    )
    assert sorted(found) == ["_member", "hscfdocs", "sima", "x_datafull_202009291740_1"]
    assert [name[-7:] for name, _role in found["_member"]] == ["1_1.sql", "1_2.sql", "_10.sql"]


def test_a_plain_file_in_a_tar_is_the_database_of_its_name() -> None:
    assert files(manifest_of("dumps/shop.sql.gz", "dumps/blog.sql")) == {"shop": [("dumps/shop.sql.gz", "all")], "blog": [("dumps/blog.sql", "all")]}


def test_odd_database_names_are_fine() -> None:
    names = ["数据库", "a-b", "_x", "a b", "a`b", "a;b", "-rf", "$(id)", "schema", "data", "config.txt"]
    manifest = manifest_of(*["root/{0}/{1}.sql.gz".format(name, role) for name in names for role in ("data", "schema")])
    assert sorted(files(manifest)) == sorted(names)
    assert manifest.root == "root"
    assert all([role for _name, role in found] == ["schema", "data"] for found in files(manifest).values())


def test_a_half_is_noted() -> None:
    assert manifest_of("shop/schema.sql.gz").notes == ("The database shop has a schema file and no data file",)
    assert manifest_of("shop/data.sql.gz").notes == ("The database shop has a data file and no schema file",)
    assert "several times" in manifest_of("s_datafull_202601010000_1.sql", "s_datafull_202601020000_2.sql").notes[0]


def test_other_files_are_named() -> None:
    manifest = manifest_of("r/shop/schema.sql.gz", "r/shop/data.sql.gz", "r/shop/t.csv", "r/readme", "r/config.txt")
    assert manifest.strangers == ("r/shop/t.csv", "r/readme")
    assert "r/shop/t.csv" in manifest.notes[0]


def test_what_a_mac_adds_is_left_out() -> None:
    manifest = manifest_of("shop/._schema.sql.gz", "shop/schema.sql.gz", "shop/data.sql.gz", "._shop")
    assert list(files(manifest)) == ["shop"] and manifest.strangers == ("shop/._schema.sql.gz", "._shop")


def test_config_may_be_any_bytes() -> None:
    assert read_manifest(BytesReader(tar({"r/config.txt": b"\xff\0x", "r/s/schema.sql": b"", "r/s/data.sql": b""}))).config == "\\xff\0x"


@pytest.mark.parametrize(
    "names,words",
    [
        (["schema.sql.gz", "data.sql.gz"], "is not in a directory"),
        (["r/shop/schema.sql.gz", "r/blog_datafull_202601010330_1.sql.gz"], "mixes both layouts"),
        (["a/shop/schema.sql.gz", "b/shop/schema.sql.gz"], "shop is in the archive twice, in a/shop and in b/shop"),
        (["shop/schema.sql.gz", "shop/schema.sql"], "both compressed and uncompressed"),
        (["readme", "t.csv"], "no .sql or .sql.gz file, but readme, t.csv"),
        (["config.txt"], "no .sql or .sql.gz file"),
        (["r/.._datafull_202601010330_1.sql.gz"], "database called .."),
        (["r/._datafull_202601010330_1.sql.gz"], "no .sql or .sql.gz file"),
    ],
)
def test_ambiguous_text_is_refused(names: List[str], words: str) -> None:
    with pytest.raises(Failure) as caught:
        manifest_of(*names)
    assert words in caught.value.what and caught.value.cure


GOOD = entry(b"r/shop/schema.sql.gz", packed(SCHEMA_SQL)) + entry(b"r/shop/data.sql.gz", packed(DATA_SQL))

HOSTILE = [
    (entry(b"/etc/cron.d/x.sql", b"x"), "points outside"),
    (entry(b"r/../../x.sql", b"x"), "points outside"),
    (entry(b"..", kind=b"5"), "points outside"),
    (pax({"path": "/etc/passwd"}) + entry(b"r/shop/x.sql"), "points outside"),
    (entry(b"L", b"../../x.sql\0", kind=b"L") + entry(b"r/shop/x.sql"), "points outside"),
    (header(b"r/shop", kind=b"2"), "symbolic link"),
    (header(b"r/shop/x.sql", kind=b"1"), "hard link"),
    (header(b"r/shop/x.sql", kind=b"3"), "character device"),
    (header(b"r/shop/x.sql", kind=b"4"), "block device"),
    (header(b"r/shop/x.sql", kind=b"6"), "FIFO"),
    (header(b"r/shop/x.sql", kind=b"S"), "sparse file"),
    (header(b"r/shop/x.sql", kind=b"Z"), "a member of unknown type 'Z'"),
    (entry(b"r/shop/data.sql.gz", b"again"), "twice"),
    (entry(b"r/./shop//data.sql.gz", b"again"), "twice"),
    (entry(b"r/shop/x\n.sql", b"x"), "control characters"),
    (pax({"path": "r/shop/x\0.sql"}) + entry(b"a"), "control characters"),
    (entry(b"r/shop/x\x1b[2J.sql", b"x"), "control characters"),
    (entry(b"r/shop/x\x7f.sql", b"x"), "control characters"),
    (entry(b"L", b"x" * 300 + b".sql\0", kind=b"L") + entry(b"a"), "too long"),
]


@pytest.mark.parametrize(
    "content, words",
    [
        (archive([entry(b"r/shop/schema.sql.gz", packed(SCHEMA_SQL))]), "another archive or dump (memory, member r/inner). Unpack that member"),
        (gzip.compress(archive([entry(b"r/shop/schema.sql.gz", packed(SCHEMA_SQL))])), "another archive or dump (memory, member r/inner)"),
        (packed(SCHEMA_SQL), "another archive or dump (memory, member r/inner)"),
        (b"XBSTCK01" + bytes(600), "a physical backup (xbstream)"),
        (gzip.compress(b"qpress10" + bytes(600)), "a physical backup (qpress inside gzip)"),
        (b"\0" * 600, "no .sql or .sql.gz file, but r/inner"),
        (b"", "no .sql or .sql.gz file, but r/inner"),
    ],
    ids=("tar", "tar.gz", "sql.gz", "xbstream", "qpress.gz", "zeros", "empty"),
)
def test_a_backup_that_was_packed_again_is_named(content: bytes, words: str) -> None:
    with pytest.raises(Failure) as caught:
        read_manifest(BytesReader(archive([entry(b"r/inner", content), entry(b"r/other", b"x" * 5000)])))
    assert words in str(caught.value)


@pytest.mark.parametrize("member,words", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_a_hostile_member_refuses_the_archive(member: bytes, words: str) -> None:
    for blocks in ([GOOD, member], [member, GOOD]):
        with pytest.raises(Failure) as caught:
            read_manifest(BytesReader(archive(blocks)))
        assert words in caught.value.what and str(caught.value).isprintable()


ODD = "x\u202ey\u2028"


@pytest.mark.parametrize(
    "names",
    [
        [ODD + ".sql.gz", "data.sql.gz", "schema.sql.gz"],
        ["a/" + ODD + "/schema.sql.gz", "b/" + ODD + "/schema.sql.gz"],
        ["s/" + ODD + ".sql.gz", "s/" + ODD + ".sql"],
        ["s/" + ODD + ".csv"],
        ["s/" + ODD + ".ibd"],
    ],
)
def test_a_name_that_turns_text_round_does_not_reach_a_message(names: List[str]) -> None:
    with pytest.raises(Failure) as caught:
        manifest_of(*names)
    assert str(caught.value).isprintable() and "\\u202e" in str(caught.value)


def test_a_name_that_turns_text_round_does_not_reach_a_note_or_a_choice() -> None:
    manifest = manifest_of("r/{0}/schema.sql".format(ODD), "r/{0}/{0}.csv".format(ODD))
    assert len(manifest.notes) == 2 and all(note.isprintable() and "\\u202e" in note for note in manifest.notes)
    parts = manifest_of(*["{0}_datafull_20260101000{1}_1.sql".format(ODD, number) for number in (1, 2)])
    assert parts.notes[0].isprintable() and "several times" in parts.notes[0]
    with pytest.raises(Failure) as caught:
        select(manifest, [ODD + "z"])
    assert str(caught.value).isprintable() and caught.value.facts["present"] == [ODD]


def test_names_have_a_bound_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_NAMES_AT_MOST", 1000)
    names = ["{0}{1}.sql".format("x" * 90, number) for number in range(10, 21)]
    assert len(manifest_of(*names[:10]).databases) == 10
    with pytest.raises(Failure, match="names of more than 1000 bytes in all"):
        manifest_of(*names)


def test_folders_and_setuid_bits_are_harmless() -> None:
    blocks = [entry(b"./r/", kind=b"5"), entry(b"./r/shop/", kind=b"5"), entry(b"./r/shop/schema.sql", b"x", mode=0o6777), entry(b"./r/shop/data.sql", b"x")]
    assert list(files(read_manifest(BytesReader(archive(blocks))))) == ["shop"]


def test_system_schemas_are_left_out_unless_named() -> None:
    system = ["mysql", "sys", "information_schema", "performance_schema", "__recycle_bin__"]
    manifest = manifest_of(*["{0}/{1}.sql.gz".format(name, role) for name in system + ["shop", "blog"] for role in ("schema", "data")])

    def chosen(**how: List[str]) -> List[str]:
        return [database.name for database in select(manifest, **how)[0].databases]

    assert chosen() == ["blog", "shop"]
    assert sorted(select(manifest)[1]) == sorted(system)
    assert chosen(databases=["mysql", "shop"]) == ["mysql", "shop"]
    assert chosen(exclude=["shop", "nope"]) == ["blog"]
    assert chosen(databases=["shop", "blog"], exclude=["blog"]) == ["shop"]
    with pytest.raises(Failure) as caught:
        select(manifest, ["shop", "Shop", "x"])
    assert caught.value.facts["missing"] == ["Shop", "x"]
    assert "It has: __recycle_bin__, blog" in str(caught.value)


@pytest.mark.parametrize(
    "name,content,database,role,compressed",
    [
        ("/b/shop.sql.gz", packed(DATA_SQL), "shop", "all", True),
        ("/b/shop.sql", packed(DATA_SQL), "shop", "all", True),
        ("/b/shop.sql.gz", DATA_SQL, "shop", "all", False),
        ("/b/sima_datafull_202009291740_1601372414.sql.gz", packed(DATA_SQL), "sima", "all", True),
        ("/b/shop/schema.sql", SCHEMA_SQL, "shop", "schema", False),
        ("/b/my.dump", SCHEMA_SQL, "my", "all", False),
        ("data.sql", SCHEMA_SQL, "data", "data", False),
    ],
)
def test_a_lone_dump_is_a_backup_of_one_database(name: str, content: bytes, database: str, role: str, compressed: bool) -> None:
    reader = BytesReader(content)
    manifest = read_manifest(reader, name)
    (only,) = manifest.databases
    (member,) = only.members
    assert (only.name, member.role, member.compressed, member.size, manifest.layout) == (database, role, compressed, len(content), "flat")
    assert reader.read(member.offset, member.size) == content


def test_files_of_a_folder_are_ordered() -> None:
    assert order_files(["data.sql.gz", "schema.sql.gz", "data_2.sql.gz", "data_10.sql.gz", "data.sql.gz.part", "config.txt", "schema_1.sql.gz"]) == [
        ("schema.sql.gz", "schema"),
        ("schema_1.sql.gz", "schema"),
        ("data.sql.gz", "data"),
        ("data_2.sql.gz", "data"),
        ("data_10.sql.gz", "data"),
    ]
    assert order_files(["x_datafull_202005072343_1588866221_10.sql", "x_datafull_202005072343_1588866221_9.sql"])[0][0].endswith("_9.sql")
    assert order_files([]) == []
    with pytest.raises(Failure, match="both compressed and uncompressed"):
        order_files(["schema.sql", "data.sql", "data.sql.gz"])


def test_a_manifest_costs_one_read_a_header() -> None:
    reader = BytesReader(tar(backups.plain_backup(["a", "b", "c"])))
    read_manifest(reader)
    assert reader.reads <= 6 + 3
