# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a logical backup holds, as values. Nothing here reads or writes anything."""

from typing import NamedTuple, Optional, Tuple

DIRECTORIES = "directories"
FLAT = "flat"

SCHEMA = "schema"
DATA = "data"
ALL = "all"

# Left out unless asked for by name: a restore must not replace the target's accounts or the server's own tables.


class Member(NamedTuple):
    """One SQL file of a backup.

    ``name`` is its path in the archive. ``offset`` and ``size`` (bytes) say where its content lies; ``start`` and
    ``end`` enclose all of its tar blocks, headers for long names and padding included, so that these bytes copied
    one member after the other and followed by two zero blocks are a valid archive.
    """

    name: str
    role: str
    compressed: bool
    offset: int
    size: int
    start: int
    end: int


class BackupDatabase(NamedTuple):
    """A database of a backup and its files in the order in which they must be applied."""

    name: str
    members: Tuple[Member, ...]


class Manifest(NamedTuple):
    """All that is known about a backup without unpacking it.

    ``root`` is the folder everything lies in, "" if there is none. ``config`` is the text of config.txt, for people.
    ``config_member`` is where that lies. ``strangers`` are paths of files that belong to no database. ``notes`` are
    sentences the user should see.
    """

    layout: str
    root: str
    config: Optional[str]
    config_member: Optional[Member]
    databases: Tuple[BackupDatabase, ...]
    strangers: Tuple[str, ...]
    notes: Tuple[str, ...]
