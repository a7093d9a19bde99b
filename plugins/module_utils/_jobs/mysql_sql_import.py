# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_sql_import: load dump files, a folder of them, or one database of a backup."""

from typing import Any, Dict, Optional, Tuple

from .._failure import Failure
from .._load.files import DumpFile
from .._load.load import load
from .._load.request import Durability, LedgerPolicy
from .._load.result import LoadResult, to_report
from ._archived_database import ArchivedDatabase
from ._import_options import check_options, files_of, request_of
from ._run import JobContext

_SECONDS_FOR_ANOTHER_IMPORT = 7 * 86400


def job(call: JobContext) -> Dict[str, Any]:
    """Import, and return what was imported."""
    params = call.params
    _check(params)
    call.progress.about(params["database"])
    archive: Optional[ArchivedDatabase] = None
    try:
        if params["archive"] or params["url"] or params["internal_url"]:
            archive = ArchivedDatabase(call)
        outcome = _load(call, archive.files if archive else files_of(params["src"] or []))
    except Failure as failure:
        if not failure.facts.get("expired"):
            raise
        cure = "Give a fresh download URL of the same backup and run it again: rows that are loaded are kept and not loaded again."
        raise Failure(failure.what, failure.where, cure, **failure.facts) from None
    for warning in outcome.warnings if outcome.changed or outcome.skipped else ():
        call.warn(warning)
    result = _result(params["database"], outcome)
    result.update(archive.cost if archive else {})
    return result


def _load(call: JobContext, files: Tuple[DumpFile, ...]) -> LoadResult:
    params = call.params
    return load(
        request_of(params, files, params["database"])._replace(
            workers=params["workers"] or 0,
            analyze=params["analyze"],
            durability=Durability(params["durability"]),
            ledger=LedgerPolicy(params["ledger"]),
            check_only=call.check_mode,
            fingerprint=params["fingerprint"],
            progress=call.progress,
            # A task that lost its connection may still be running: the next run waits for it. Check mode does not wait.
            patience=3 if call.check_mode else _SECONDS_FOR_ANOTHER_IMPORT,
        )
    )


def _check(params: Dict[str, Any]) -> None:
    """Check what an argument spec cannot express."""
    check_options(params)
    if not params["database"]:
        raise Failure("database is empty", None, "Name the database to load into.")
    if not any(params[way] for way in ("src", "archive", "url", "internal_url", "fingerprint")):
        raise Failure("There is nothing to load", None, "Give src, archive, url, internal_url or fingerprint.")
    if params["source_database"] and not (params["archive"] or params["url"] or params["internal_url"]):
        raise Failure("source_database needs archive, url or internal_url", None, "Omit it: the files in src are of one database.")


def _result(database: str, outcome: LoadResult) -> Dict[str, Any]:
    result = to_report(outcome)
    result["database"] = database
    # Ansible itself returns warnings under this name.
    del result["warnings"], result["skipped"]
    seconds = outcome.elapsed
    result["throughput"] = int(outcome.bytes / seconds) if seconds and outcome.changed else 0
    return result
