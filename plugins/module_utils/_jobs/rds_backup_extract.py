# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_extract: a local backup file onto the same host's disk, or only its table of contents, also of one behind a URL."""

import os
from typing import Any, Dict, List, Optional, Sequence

from .._backup.extract import Attributes, ExtractionPlan, check_space, extract, folders_of, plan, unchanged
from .._backup.file_reader import CachingReader, FileReader, shown
from .._backup.layout import read_manifest, select
from .._backup.manifest import Manifest
from .._failure import Failure
from .._free_space import volume_of
from .._transfer.redaction import redact
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._run import JobContext


def job(call: JobContext, attributes: Attributes = unchanged) -> Dict[str, Any]:
    """List or extract the backup that ``src`` names; ``attributes`` gives files and folders their mode and owner.

    In check mode ``attributes`` must report what it would do and do nothing.
    """
    params = call.params
    if params["src"] is None:
        return _list_remote(call)
    if is_url(params["src"]):
        raise Failure("src is a URL", redact(params["src"]), "Give it in url, where it stays a secret; a path in src may be shown and logged.")
    dest: Optional[str] = params["dest"]
    call.progress.about(os.path.basename(params["src"]))
    with FileReader(params["src"]) as reader:
        whole = read_manifest(reader, os.path.abspath(params["src"]))
        manifest, left_out = select(whole, params["databases"], params["exclude"] or ())
        result = _described(call, manifest, left_out)
        if dest is None:
            result.update(databases=_listed(manifest), bytes_needed=None, bytes_free=None)
            return result
        if not manifest.databases and params["state"] == "extracted":
            raise Failure(
                "Nothing is left to extract",
                where=params["src"],
                cure="The backup has only {0}; name the ones you want in databases.".format(", ".join(shown(name) for name in left_out)),
            )
        call.progress.phase("compare")
        planned = plan(reader, manifest, dest, params["decompress"], params["max_ratio"], progress=call.progress)
        result.update(databases=_planned(planned), bytes_needed=planned.needed, bytes_free=planned.free)
        if params["state"] == "listed":
            return result
        if call.check_mode:
            check_space(planned, dest)
            result["changed"] = _would_change(planned, dest, attributes)
        else:
            result["changed"] = extract(reader, planned, dest, attributes, params["max_ratio"], progress=call.progress)
            # What was an estimate is a fact now.
            result.update(databases=_planned(planned, written=True), bytes_free=volume_of(dest).free)
        if planned.missing or planned.superseded:
            result["diff"] = _diff(planned)
        return result


def is_url(src: str) -> bool:
    """Whether somebody gave a URL where a path is wanted."""
    return src.lower().startswith(("http:/", "https:/"))


def _list_remote(call: JobContext) -> Dict[str, Any]:
    """Read headers where the backup lies: a few KiB for each member at most."""
    params = call.params
    if params["state"] != "listed" or params["dest"] is not None:
        cure = "Set state to listed and leave dest away, or fetch the backup with apsaradb.mysql.rds_backup_fetch first, whose databases brings just those."
        raise Failure("A backup behind a URL can be listed only", cure=cure)
    reader = RemoteReader(_url_options.url(params, "url"), _url_options.url(params, "internal_url"), _url_options.network(params))
    try:
        whole = read_manifest(CachingReader(reader), reader.remote.object_path)
        manifest, left_out = select(whole, params["databases"], params["exclude"] or ())
    finally:
        reader.close()
    result = _described(call, manifest, left_out)
    result.update(databases=_listed(manifest), bytes_needed=None, bytes_free=None)
    result.update(source=reader.remote.source, bytes_downloaded=reader.bytes, requests=reader.requests)
    return result


def _described(call: JobContext, manifest: Manifest, left_out: Sequence[str]) -> Dict[str, Any]:
    for note in manifest.notes:
        call.warn(note)
    # Not "skipped": that word in a result means to Ansible that the task did not run.
    return {
        "changed": False,
        "layout": manifest.layout,
        "root": manifest.root,
        "config": manifest.config,
        "left_out": list(left_out) + list(manifest.strangers),
        "dest": call.params["dest"],
    }


def _listed(manifest: Manifest) -> List[Dict[str, Any]]:
    return [
        {
            "name": database.name,
            "files": [
                {"path": member.name, "member": member.name, "role": member.role, "compressed": member.compressed, "size": member.size}
                for member in database.members
            ],
        }
        for database in manifest.databases
    ]


def _planned(planned: ExtractionPlan, written: bool = False) -> List[Dict[str, Any]]:
    databases: List[Dict[str, Any]] = []
    for target in planned.targets:
        if not databases or databases[-1]["name"] != target.database:
            databases.append({"name": target.database, "files": []})
        size = os.path.getsize(target.path) if written else target.size
        databases[-1]["files"].append(
            {"path": target.path, "member": target.member.name, "role": target.member.role, "compressed": target.compressed, "size": size}
        )
    return databases


def _would_change(planned: ExtractionPlan, dest: str, attributes: Attributes) -> bool:
    for folder in folders_of(planned, dest):
        if not os.path.isdir(folder) or attributes(folder, True):
            return True
    return bool(planned.missing or planned.superseded or [path for path in planned.present if attributes(path, False)])


def _diff(planned: ExtractionPlan) -> Dict[str, str]:
    before = sorted(planned.present + planned.superseded)
    after = sorted(target.path for target in planned.targets)
    return {
        "before_header": "files there",
        "after_header": "files of the backup",
        "before": "".join(path + "\n" for path in before),
        "after": "".join(path + "\n" for path in after),
    }
