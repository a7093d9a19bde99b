# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_contents_info: list what a logical backup contains, on this host or behind its download URL."""

import os
from typing import Any, Dict, Sequence

from .._backup.file_reader import CachingReader, FileReader, Reader
from .._backup.layout import read_manifest, select
from .._backup.manifest import Manifest
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._run import JobContext


def job(call: JobContext) -> Dict[str, Any]:
    """List the backup in ``src`` or behind the URL. Of a URL only headers are read: at most a few KiB for each member."""
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
    whole = read_manifest(reader, name)
    manifest, left_out = select(whole, call.params["databases"], call.params["exclude"])
    databases = [
        {
            "name": database.name,
            "files": [
                {"path": member.name, "member": member.name, "role": member.role, "compressed": member.compressed, "size": member.size}
                for member in database.members
            ],
        }
        for database in manifest.databases
    ]
    return dict(backup_facts(call, manifest, left_out), databases=databases)


def backup_facts(call: JobContext, manifest: Manifest, left_out: Sequence[str]) -> Dict[str, Any]:
    """The result keys about the backup as a whole, which rds_backup_extract returns too. What the manifest notes becomes warnings."""
    for note in manifest.notes:
        call.warn(note)
    # The key is not called "skipped": with that key Ansible shows the task as skipped.
    return {
        "changed": False,
        "layout": manifest.layout,
        "root": manifest.root,
        "config": manifest.config,
        "left_out": list(left_out) + list(manifest.strangers),
    }
