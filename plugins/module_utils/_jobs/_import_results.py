# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an import. For a backup that is already on the server, the result comes from the ledger."""

from typing import Any, Dict, List, Optional, Sequence, Tuple, cast

from .._finding import together
from .._gtid_set import GtidSet
from .._load.files import DumpFile
from .._load.gtid_purged import apply_together
from .._load.loaded_backup import find_loaded
from .._load.request import Durability, ImportRequest, LedgerPolicy
from .._load.result import LoadResult, to_report
from ._archived_backup import BackupIdentity
from ._dump_sets import dump_sets
from ._import_options import request_of, tables_of, targets_of
from ._run import JobContext

_SECONDS_FOR_ANOTHER_IMPORT = 7 * 86400
# The values for a job without these options.
_DEFAULTS: Dict[str, Any] = {
    "database": None,
    "source_database": None,
    "origin": None,
    "gtid": "strip",
    "workers": None,
    "analyze": True,
    "durability": "server",
    "ledger": "keep",
}


def loaded_before(call: JobContext, identity: BackupIdentity) -> Optional[Dict[str, Any]]:
    """The result of mysql_sql_import if everything was already loaded from this backup; None if work remains."""
    params = call.params
    is_one = params["database"] is not None
    targets = {params["source_database"]: params["database"]} if is_one else targets_of(params["databases"])
    loaded = find_loaded(identity.path, cast(Any, targets), lambda source, target: import_request(call, (), target, source))
    if loaded is None or identity.version() not in (None, loaded.version):
        return None
    results = []
    for source, target, result in loaded.results:
        if not result.skipped and (is_one or params["ledger"] == "drop" or params["gtid"] == "fail"):
            # Imported here, because it takes half of the module's start-up time and a backup that is already loaded rarely needs it.
            from .._load.load import already_loaded

            result = already_loaded(import_request(call, (), target, source)._replace(gtid_later=not is_one), result)
        results.append(dict(result_of(result), source=source, target=target, skipped=result.skipped))
    if is_one:
        return one_result(call, result, {})
    for warning in together((target, warning) for _source, target, result in loaded.results for warning in warnings_of(result)):
        call.warn(warning)
    return with_gtid(call, summary(results, 0.0))


def restored_before(call: JobContext) -> Optional[Dict[str, Any]]:
    """:func:`loaded_before` of an archive or a URL, for a job that does not import. It writes nothing.

    If a URL does not answer quickly, the path of its object decides.

    :raises Failure: the server does not answer.
    """
    params = dict(call.params, **dict(_DEFAULTS, retries=0, timeout=10))
    return loaded_before(call._replace(params=params, check_mode=True), BackupIdentity(params))


def import_request(call: JobContext, files: Tuple[DumpFile, ...], target: str, source: Optional[str] = None) -> ImportRequest:
    """The request to load ``files`` into ``target`` with the options of mysql_sql_import."""
    params = call.params
    request = request_of(dict(params, tables=tables_of(params, source or params["source_database"] or target)), files, target)
    # Of a list for several databases, a pattern need not match in each.
    own = isinstance(params["tables"], dict) or params["database"] is not None or len(targets_of(params["databases"]) or ()) == 1
    return request._replace(
        choices=request.choices._replace(tables_are_own=own),
        workers=params["workers"] or 0,
        analyze=params["analyze"],
        durability=Durability(params["durability"]),
        ledger=LedgerPolicy(params["ledger"]),
        check_only=call.check_mode,
        progress=call.progress,
        # A task that lost its connection may still run; the next run waits for it. Check mode does not wait.
        patience=3 if call.check_mode else _SECONDS_FOR_ANOTHER_IMPORT,
    )


def one_result(call: JobContext, outcome: LoadResult, cost: Dict[str, Any]) -> Dict[str, Any]:
    """The result of a call for one database, with its warnings. ``cost`` has the keys about requests."""
    for warning in warnings_of(outcome):
        call.warn(warning)
    return dict(result_of(outcome), database=call.params["database"], **cost)


def summary(databases: List[Dict[str, Any]], seconds: float) -> Dict[str, Any]:
    """The values summed up over several databases."""
    size = sum(database.get("bytes", 0) for database in databases if database["changed"])
    return {
        "changed": any(database["changed"] for database in databases),
        "databases": databases,
        "bytes": sum(database.get("bytes", 0) for database in databases),
        "elapsed": round(seconds, 3),
        "throughput": int(size / seconds) if size and seconds else 0,
    }


def with_gtid(call: JobContext, result: Dict[str, Any]) -> Dict[str, Any]:
    """Apply the GTID sets of all dumps, once."""
    databases = result["databases"]
    named = [database.get("gtid", {}).get("dump") for database in databases if not database.get("skipped")]
    sets = sorted({dump for dump in named if dump})
    gtid = apply_together(import_request(call, (), databases[0]["target"]), sets)
    left = GtidSet.parse(gtid["applied"])
    for database in databases:
        if database.get("gtid"):
            part = left.intersect(GtidSet.parse(database["gtid"]["dump"] or ""))
            left = left.subtract(part)
            database["gtid"] = dict(database["gtid"], policy=gtid["policy"], applied=str(part))
    return dict(result, gtid=dict(gtid, common=_common(named)), changed=result["changed"] or bool(gtid["applied"]))


def _common(sets: Sequence[Optional[str]]) -> Optional[str]:
    """The transactions that all sets contain; None if one set is not known."""
    found = dump_sets([None if text is None else GtidSet.parse(text) for text in sets])
    return None if found is None else str(found.common)


def warnings_of(outcome: LoadResult) -> Tuple[str, ...]:
    """The warnings; none for a database that an earlier run has loaded, because that run has shown them."""
    return outcome.warnings if outcome.changed or outcome.skipped else ()


def result_of(outcome: LoadResult) -> Dict[str, Any]:
    """The result keys of one database."""
    result = to_report(outcome)
    # Ansible returns its own warnings under this name.
    del result["warnings"], result["skipped"]
    seconds = outcome.elapsed
    result["throughput"] = int(outcome.bytes / seconds) if seconds and outcome.changed else 0
    return result
