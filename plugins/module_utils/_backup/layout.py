# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assigns the members of a backup to databases: both layouts of RDS, single dumps, and the order of files.

``directories``: ``<root>/<database>/schema.sql.gz`` and ``data.sql.gz``. ``flat``: one file per database with
schema and data, ``<database>_datafull_<time>_<digits>[_<part>].sql.gz``. The root has any name or is missing.
"""

import posixpath
import re
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .._failure import Failure
from .._identifiers import SCHEMAS_NOT_RESTORED
from .._local_file import Reader
from .._not_sql import PHYSICAL_CURE
from .file_reader import MemberReader, shown
from .manifest import ALL, DATA, DIRECTORIES, FLAT, SCHEMA, BackupDatabase, Manifest, Member
from .recognise import SQL_GZ, TAR, is_physical_name, physical_tar, recognise, require_usable
from .tar_headers import DIRECTORY, FILE, TarEntry, walk

_SQL = re.compile(r"(?P<stem>.+)\.sql(?P<gz>\.gz)?\Z", re.DOTALL)
_HALF = re.compile(r"(?P<role>schema|data)(?:_(?P<part>\d{1,9}))?\Z")
# Greedy: the name of a database may contain "_datafull_", so the last one counts.
_FULL = re.compile(r"(?P<database>.+)_datafull_(?P<time>\d{8,14})_(?P<serial>\d{1,19})(?:_(?P<part>\d{1,9}))?\Z", re.DOTALL)

_RANK = {SCHEMA: 0, ALL: 1, DATA: 2}
_CONFIG_SHOWN = 65536
# 100,000 names of 160 bytes: more than an instance has, and little memory.
_NAMES_AT_MOST = 1 << 24

OnMember = Callable[[str, int, int], None]
"""Called with the path of an SQL file, its offset and its size, while the reader has its first 2 KiB in its cache."""


class _FileName(NamedTuple):
    """The parsed name of an SQL file. ``database`` is "" if the folder is named after it."""

    database: str
    role: str
    compressed: bool
    order: Tuple[int, int, int, int]


def _parse(base: str) -> Optional[_FileName]:
    sql = _SQL.match(base)
    # macOS adds a file "._<name>" for each file in an archive.
    if not sql or base.startswith("._"):
        return None
    stem, compressed = sql.group("stem"), sql.group("gz") is not None
    half = _HALF.match(stem)
    if half:
        role = half.group("role")
        return _FileName("", role, compressed, (_RANK[role], 0, 0, int(half.group("part") or 0)))
    full = _FULL.match(stem)
    if full:
        order = (_RANK[ALL], int(full.group("time")), int(full.group("serial")), int(full.group("part") or 0))
        return _FileName(full.group("database"), ALL, compressed, order)
    return _FileName(stem, ALL, compressed, (_RANK[ALL], 0, 0, 0))


def order_files(names: Iterable[str]) -> List[Tuple[str, str]]:
    """The SQL files among ``names``, the files in one database's folder, as (name, role) in the order to load them.

    Schema comes before data; parts are ordered by number. Names that do not end in .sql or .sql.gz are ignored. Raises
    :class:`Failure` if a file exists both compressed and uncompressed, because loading both would restore it twice.
    """
    found = []
    for name in names:
        parsed = _parse(posixpath.basename(name))
        if parsed:
            found.append((parsed.order, name, parsed.role))
    plain = set(name for _order, name, _role in found if not name.endswith(".gz"))
    for _order, name, _role in sorted(found):
        if name.endswith(".gz") and name[:-3] in plain:
            where = "{0} and {1}".format(shown(name[:-3]), shown(name))
            raise Failure("The same dump exists both compressed and uncompressed", where=where, cure="Remove one of the two.")
    return [(name, role) for _order, name, role in sorted(found)]


def read_manifest(reader: Reader, name: str = "", on_member: Optional[OnMember] = None) -> Manifest:
    """List the contents of the backup of ``reader`` without decompressing it.

    ``name`` is the path or object name of the backup, which gives the database name of a single dump. Every header is read, also for a single
    database, because a tar may contain another file of it anywhere, and only the end mark shows that the tar is complete. Raises
    :class:`Failure` for anything that is not a logical backup, is truncated, or has a member that RDS backups never have.
    """
    kind = require_usable(reader)
    if kind != TAR:
        lone = _lone(reader, name or reader.name, compressed=kind == SQL_GZ)
        if on_member is not None:
            on_member(lone.databases[0].members[0].name, 0, reader.size)
        return lone
    return _from_entries(reader, _accepted(reader), on_member)


def select(manifest: Manifest, databases: Optional[Sequence[str]] = None, exclude: Sequence[str] = ()) -> Tuple[Manifest, Tuple[str, ...]]:
    """The manifest reduced to the selected databases, and the names of the others.

    Without ``databases``, all except system schemas are selected. Raises :class:`Failure` for an unknown name.
    """
    present = [database.name for database in manifest.databases]
    missing = [name for name in databases or () if name not in present]
    if missing:
        raise Failure(
            "The backup has no database {0}".format(", ".join(shown(name) for name in missing)),
            cure="It has: {0}.".format(", ".join(shown(name) for name in present)),
            missing=missing,
            present=present,
        )
    wanted = []
    for name in present:
        chosen = name in databases if databases else name not in SCHEMAS_NOT_RESTORED
        if chosen and name not in exclude:
            wanted.append(name)
    kept = tuple(database for database in manifest.databases if database.name in wanted)
    return manifest._replace(databases=kept), tuple(name for name in present if name not in wanted)


def is_single(manifest: Manifest) -> bool:
    """Whether the backup is a single dump file, not an archive."""
    return manifest.databases[0].members[0].offset == 0


def named(manifest: Manifest, databases: Optional[Sequence[str]]) -> Manifest:
    """The manifest with the database of a single dump called as in ``databases``, if these name only one. The manifest names such a database after
    the file, and the name of the file is the user's choice."""
    if not is_single(manifest) or not databases or len(databases) > 1:
        return manifest
    return manifest._replace(databases=(manifest.databases[0]._replace(name=databases[0]),))


def has_name_of_rds(manifest: Manifest) -> bool:
    """Whether the backup is a single dump that is still named as RDS names it, after its database."""
    found = _SQL.match(manifest.databases[0].members[0].name)
    return is_single(manifest) and found is not None and _FULL.match(found.group("stem")) is not None


def _lone(reader: Reader, name: str, *, compressed: bool) -> Manifest:
    base = posixpath.basename(name)
    parsed = _parse(base) or _FileName(posixpath.splitext(base)[0] or base, ALL, compressed, (0, 0, 0, 0))
    # schema.sql in a folder that was unpacked by hand: the folder is the database.
    database = parsed.database or posixpath.basename(posixpath.dirname(name)) or parsed.role
    _check_name(database, base, name)
    member = Member(base, parsed.role, compressed, 0, reader.size, 0, reader.size)
    return Manifest(FLAT, "", config=None, config_member=None, databases=(BackupDatabase(database, (member,)),), strangers=(), notes=())


def _accepted(reader: Reader) -> Iterable[TarEntry]:
    seen: Dict[str, int] = {}
    room = _NAMES_AT_MOST
    for entry in walk(reader):
        place = "{0}, byte {1}".format(reader.name, entry.start)
        name = shown(entry.name)
        if entry.kind == FILE and is_physical_name(entry.name):
            raise physical_tar(reader.name, entry.name)
        if any(ord(character) < 32 or ord(character) == 127 for character in entry.name):
            raise _hostile("a name with control characters, {0}".format(name), place)
        if entry.name.startswith("/") or ".." in entry.name.split("/"):
            raise _hostile("a name that points outside the archive, {0}".format(name), place)
        if entry.kind not in (FILE, DIRECTORY):
            raise _hostile("a {0}, {1}".format(entry.kind, name), place)
        if entry.kind == DIRECTORY:
            continue
        path = posixpath.normpath(entry.name)
        if path in seen:
            raise _hostile("the member {0} twice, the first at byte {1}".format(name, seen[path]), place)
        if len(posixpath.basename(path).encode("utf-8")) > 240 or len(path.encode("utf-8")) > 3000:
            raise _hostile("a name that is too long for a file, {0}...".format(name[:60]), place)
        room -= len(entry.name.encode("utf-8"))
        if room < 0:
            raise _hostile("names of more than {0} bytes in all".format(_NAMES_AT_MOST), place)
        seen[path] = entry.start
        yield entry._replace(name=path)


def _hostile(what: str, place: str) -> Failure:
    return Failure(
        "The archive contains {0}, which no RDS backup does, and is not unpacked".format(what),
        where=place,
        cure="Fetch the backup again from RDS, or unpack this archive by hand and use the .sql or .sql.gz files.",
    )


def _from_entries(reader: Reader, entries: Iterable[TarEntry], on_member: Optional[OnMember]) -> Manifest:
    files: List[Tuple[TarEntry, _FileName]] = []
    strangers: List[TarEntry] = []
    config: Optional[TarEntry] = None
    text: Optional[str] = None
    for entry in entries:
        base = posixpath.basename(entry.name)
        parsed = _parse(base)
        if parsed:
            files.append((entry, parsed))
            if on_member is not None:
                on_member(entry.name, entry.offset, entry.size)
        elif base == "config.txt" and (config is None or entry.name.count("/") < config.name.count("/")):
            config = entry
            # Read now, while it is in the cache of the reader.
            text = reader.read(config.offset, min(config.size, _CONFIG_SHOWN)).decode("utf-8", "backslashreplace")
        else:
            strangers.append(entry)
    where = reader.name
    if not files:
        raise _no_sql(reader, strangers[:5])
    halves = [entry.name for entry, parsed in files if not parsed.database]
    if halves and len(halves) < len(files):
        odd = [entry.name for entry, parsed in files if parsed.database]
        raise Failure(
            "The archive mixes both layouts ({0} and {1}), so the database of a file is ambiguous".format(shown(halves[0]), shown(odd[0])),
            where=where,
            cure="Unpack it by hand and import each database from its own files.",
        )
    notes: List[str] = []
    databases = _databases(files, where, notes)
    folders = [posixpath.dirname(entry.name) for entry, _parsed in files]
    if halves:
        folders = [posixpath.dirname(folder) for folder in folders]
    root = posixpath.commonpath(folders) if all(folders) else ""
    if strangers:
        names = [shown(entry.name) for entry in strangers[:5]] + ["..."][: len(strangers) > 5]
        notes.append("Left out, because they belong to no database: {0}".format(", ".join(names)))
    member = None if config is None else _member(config, _FileName("", "config", compressed=False, order=(0, 0, 0, 0)))
    return Manifest(DIRECTORIES if halves else FLAT, root, text, member, tuple(databases), tuple(entry.name for entry in strangers), tuple(notes))


def _no_sql(reader: Reader, strangers: Sequence[TarEntry]) -> Failure:
    """The failure for an archive with these members alone. An archive may have been packed again, under a name that does not show what it is."""
    cure = "This is not a logical backup of RDS for MySQL; apsaradb.mysql.rds_backup_create makes one."
    for entry in strangers:
        found = recognise(MemberReader(reader, entry.offset, entry.size))
        place = "{0}, member {1}".format(reader.name, shown(entry.name))
        if found.kind in (TAR, SQL_GZ, "tar.gz"):
            return Failure("The archive contains no .sql or .sql.gz file, but another archive or dump", place, "Unpack that member and use it instead.")
        if found.cure == PHYSICAL_CURE:
            return Failure(found.problem or "", place, found.cure, recognised=found.kind)
    names = ", but {0}".format(", ".join(shown(entry.name) for entry in strangers)) if strangers else ""
    return Failure("The archive contains no .sql or .sql.gz file{0}".format(names), reader.name, cure)


def _databases(files: List[Tuple[TarEntry, _FileName]], where: str, notes: List[str]) -> List[BackupDatabase]:
    grouped: Dict[str, List[Tuple[TarEntry, _FileName]]] = {}
    folders: Dict[str, str] = {}
    for entry, parsed in files:
        folder = posixpath.dirname(entry.name)
        name = parsed.database or posixpath.basename(folder)
        if not name:
            raise Failure(
                "{0} is not in a directory named after its database".format(shown(entry.name)),
                where=where,
                cure="Pack it again with the database's directory, or unpack it and use its files.",
            )
        _check_name(name, entry.name, where)
        if folders.setdefault(name, folder) != folder:
            raise Failure(
                "The database {0} is in the archive twice, in {1} and in {2}".format(shown(name), shown(folders[name] or "."), shown(folder or ".")),
                where=where,
                cure="Unpack it by hand and import the one you want.",
            )
        grouped.setdefault(name, []).append((entry, parsed))
    databases = []
    for name in sorted(grouped):
        group = sorted(grouped[name], key=lambda pair: (pair[1].order, pair[0].name))
        order_files(posixpath.basename(entry.name) for entry, _parsed in group)
        roles = set(parsed.role for _entry, parsed in group)
        for role, lacking in ((SCHEMA, DATA), (DATA, SCHEMA)):
            if role in roles and lacking not in roles:
                notes.append("The database {0} has a {1} file and no {2} file".format(shown(name), role, lacking))
        if len(set(parsed.order[1] for _entry, parsed in group)) > 1 and ALL in roles:
            notes.append("The database {0} has files from several times; they are treated as parts, oldest first".format(shown(name)))
        databases.append(BackupDatabase(name, tuple(_member(entry, parsed) for entry, parsed in group)))
    return databases


def _check_name(database: str, member: str, where: str) -> None:
    # The name becomes a folder name; "..sql_datafull_..." must not point outside the destination.
    if database in (".", "..") or "/" in database:
        raise _hostile("a database called {0}, in {1}".format(shown(database), shown(member)), where)


def _member(entry: TarEntry, parsed: _FileName) -> Member:
    return Member(entry.name, parsed.role, parsed.compressed, entry.offset, entry.size, entry.start, entry.end)


def file_name(member: Member, *, unpack: bool) -> str:
    """The name of a member's file in the folder of its database; its suffix shows whether it is compressed."""
    stem = posixpath.basename(member.name)
    for ending in (".gz", ".sql"):
        if stem.endswith(ending) and stem != ending:
            stem = stem[: -len(ending)]
    return "{0}.sql{1}".format(stem, ".gz" if member.compressed and not unpack else "")
