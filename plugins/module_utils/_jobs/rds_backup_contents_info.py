# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_contents_info: list the contents of a logical backup on this host or at its download URL."""

import os
import zlib
from typing import Any, Dict, List, Optional, Sequence

from .._backup.file_reader import CachingReader, FileReader
from .._backup.layout import read_manifest, select
from .._backup.manifest import Manifest
from .._dump.header import Header, read_header
from .._gtid_set import GtidSet
from .._gzip_decoder import GzipDecoder
from .._local_file import Reader
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._dump_sets import dump_sets
from ._inspect import gtid_set_of
from ._run import JobContext

# This much of each file is read while the archive is listed, without an additional request: the GTID set is in the first KiB of a dump.
_HEAD = 1 << 11
_MOST_SQL = 1 << 16


def job(call: JobContext) -> Dict[str, Any]:
    """List the backup in ``src`` or at the URL. From a URL only headers are read: at most a few KiB for each member."""
    params = call.params
    if params["src"] is not None:
        _url_options.refuse_url(params, "src")
        with FileReader(params["src"]) as reader:
            return _contents(call, reader, os.path.abspath(params["src"]))
    remote = RemoteReader(_url_options.url(params, "url"), _url_options.url(params, "internal_url"), _url_options.network(params))
    try:
        contents = _contents(call, CachingReader(remote), remote.remote.object_path)
    finally:
        remote.close()
    return dict(contents, source=remote.remote.source, bytes_downloaded=remote.bytes, requests=remote.requests)


def _contents(call: JobContext, reader: Reader, name: str) -> Dict[str, Any]:
    headers: Dict[str, Header] = {}

    def on_member(path: str, offset: int, size: int) -> None:
        headers[path] = _header(reader.read(offset, min(size, _HEAD)), whole=size <= _HEAD)

    whole = read_manifest(reader, name, on_member)
    manifest, left_out = select(whole, call.params["databases"], call.params["exclude"])
    databases: List[Dict[str, Any]] = [
        {
            "name": database.name,
            "gtid_set": _text(gtid_set_of([headers[member.name] for member in database.members])),
            "server_version": next((headers[member.name].server_version for member in database.members if headers[member.name].server_version), None),
            "files": [
                {"path": member.name, "member": member.name, "role": member.role, "compressed": member.compressed, "size": member.size}
                for member in database.members
            ],
        }
        for database in manifest.databases
    ]
    common = dump_sets([gtid_set_of([headers[member.name] for member in database.members]) for database in manifest.databases])
    return dict(backup_facts(call, manifest, left_out), databases=databases, gtid_set=None if common is None else str(common.common))


def _header(raw: bytes, *, whole: bool) -> Header:
    """The header in the first bytes of a SQL file or a gzipped SQL file; empty if they cannot be decompressed."""
    if raw[:2] != b"\x1f\x8b":
        return read_header(raw, None, whole=whole)
    decoder = GzipDecoder().give(raw)
    try:
        text = decoder.up_to(_MOST_SQL)
    except zlib.error:
        text, whole = b"", False
    return read_header(text, None, whole=whole and decoder.complete)


def _text(gtids: Optional[GtidSet]) -> Optional[str]:
    return None if gtids is None else str(gtids)


def backup_facts(call: JobContext, manifest: Manifest, left_out: Sequence[str]) -> Dict[str, Any]:
    """The result keys about the whole backup, which rds_backup_extract returns too. The notes of the manifest become warnings."""
    for note in manifest.notes:
        call.warn(note)
    # The key is not named "skipped", because Ansible would show the task as skipped.
    return {
        "changed": False,
        "layout": manifest.layout,
        "root": manifest.root,
        "config": manifest.config,
        "left_out": list(left_out) + list(manifest.strangers),
    }
