# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of a logical backup, as values."""

from typing import NamedTuple, Optional, Tuple

DIRECTORIES = "directories"
FLAT = "flat"

SCHEMA = "schema"
DATA = "data"
ALL = "all"

# Left out unless named explicitly: a restore must not replace the target's accounts or system tables.


class Member(NamedTuple):
    """One SQL file of a backup.

    ``name`` is its path in the archive. ``offset`` and ``size`` (bytes) locate its content. ``start`` and ``end`` enclose
    all of its tar blocks, including headers for long names and padding: these bytes of several members, concatenated
    and followed by two zero blocks, are a valid archive.
    """

    name: str
    role: str
    compressed: bool
    offset: int
    size: int
    start: int
    end: int


class BackupDatabase(NamedTuple):
    """A database of a backup, with its files in the order in which they must be loaded."""

    name: str
    members: Tuple[Member, ...]


class Manifest(NamedTuple):
    """The contents of a backup, known without decompressing it.

    ``root`` is the common folder of all files, "" if there is none. ``config`` is the text of config.txt, for people, and
    ``config_member`` its location. ``strangers`` are the paths of files that belong to no database. ``notes`` are
    warnings for the user.
    """

    layout: str
    root: str
    config: Optional[str]
    config_member: Optional[Member]
    databases: Tuple[BackupDatabase, ...]
    strangers: Tuple[str, ...]
    notes: Tuple[str, ...]
