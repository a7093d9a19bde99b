# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_extract: extract the files of a local backup to the disk of the same host."""

import os
from typing import Any, Callable, Dict, List

from .._backup.extract import ExtractionPlan, check_space, extract, folders_of, plan
from .._backup.file_reader import FileReader, shown
from .._backup.layout import read_manifest, select
from .._failure import Failure
from .._free_space import volume_of
from ._run import JobContext
from ._url_options import refuse_url
from .rds_backup_contents_info import backup_facts


def job(call: JobContext) -> Dict[str, Any]:
    """Extract the backup in ``src``.

    :raises Failure: ``src`` is not a logical backup, no database is left to extract, or the disk is too small.
    """
    params = call.params
    refuse_url(params, "src", "Download the backup with apsaradb.mysql.rds_backup_fetch first.")
    dest: str = params["dest"]
    call.progress.about(os.path.basename(params["src"]))
    with FileReader(params["src"]) as reader:
        whole = read_manifest(reader, os.path.abspath(params["src"]))
        manifest, left_out = select(whole, params["databases"], params["exclude"])
        result = dict(backup_facts(call, manifest, left_out), dest=dest)
        if not manifest.databases:
            cure = "The backup has only {0}; name the ones you want in databases.".format(", ".join(shown(name) for name in left_out))
            raise Failure("No database is left to extract", where=params["src"], cure=cure)
        call.progress.phase("compare")
        planned = plan(reader, manifest, dest, unpack=params["decompress"], max_ratio=params["max_ratio"], progress=call.progress)
        if call.check_mode:
            check_space(planned, dest)
            result.update(changed=_would_change(planned, dest, call.set_attributes), databases=_databases(planned, written=False), bytes_free=planned.free)
        else:
            result["changed"] = extract(reader, planned, dest, call.set_attributes, params["max_ratio"], progress=call.progress)
            result.update(databases=_databases(planned, written=True), bytes_free=volume_of(dest).free)
        result["bytes_needed"] = planned.needed
        if planned.missing or planned.superseded:
            result["diff"] = _diff(planned)
        return result


def _databases(planned: ExtractionPlan, *, written: bool) -> List[Dict[str, Any]]:
    """The result key ``databases``. Sizes are estimates until the files are ``written``."""
    databases: List[Dict[str, Any]] = []
    for target in planned.targets:
        if not databases or databases[-1]["name"] != target.database:
            databases.append({"name": target.database, "files": []})
        size = os.path.getsize(target.path) if written else target.size
        databases[-1]["files"].append(
            {"path": target.path, "member": target.member.name, "role": target.member.role, "compressed": target.compressed, "size": size}
        )
    return databases


def _would_change(planned: ExtractionPlan, dest: str, set_attributes: Callable[[str], bool]) -> bool:
    for folder in folders_of(planned, dest):
        if not os.path.isdir(folder) or set_attributes(folder):
            return True
    return bool(planned.missing or planned.superseded or [path for path in planned.present if set_attributes(path)])


def _diff(planned: ExtractionPlan) -> Dict[str, str]:
    before = sorted(planned.present + planned.superseded)
    after = sorted(target.path for target in planned.targets)
    return {
        "before_header": "existing files",
        "after_header": "files of the backup",
        "before": "".join(path + "\n" for path in before),
        "after": "".join(path + "\n" for path in after),
    }
