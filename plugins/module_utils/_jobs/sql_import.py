# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_sql_import: files of a dump, a folder with them, or a database in a backup, into one database."""

import os
from typing import Any, Dict, List, Optional, Tuple

from .._backup.layout import order_files
from .._dump.plan import Choices
from .._dump.rewrite import Policy
from .._failure import Failure
from .._load.dump_file import DumpFile, on_disk
from .._load.load import load
from .._load.outcome import Outcome
from .._load.request import Request
from ._archive import Archive
from ._door import Call
from ._login import login_of

_SECONDS_FOR_ANOTHER = 7 * 86400


def job(call: Call) -> Dict[str, Any]:
    """Import, and tell what was imported."""
    params = call.params
    _check(params)
    call.progress.about(params["database"])
    archive: Optional[Archive] = None
    try:
        if params["archive"] or params["url"] or params["internal_url"]:
            archive = Archive(call)
        outcome = _load(call, archive.files if archive else _files(params["src"] or []))
    except Failure as failure:
        if not failure.facts.get("expired"):
            raise
        cure = "Give a fresh download URL of the same backup and run it again: what was loaded stays, and is not loaded again."
        raise Failure(failure.what, failure.where, cure, **failure.facts) from None
    for warning in outcome.warnings if outcome.changed or outcome.skipped else ():
        call.warn(warning)
    result = _result(params["database"], outcome)
    result.update(archive.cost if archive else {})
    return result


def _load(call: Call, files: Tuple[DumpFile, ...]) -> Outcome:
    params = call.params
    policy = Policy(
        definer=params["definer"],
        encryption=params["encryption"],
        events=params["events"],
        engines=tuple(sorted((str(old).upper(), str(new)) for old, new in (params["engines"] or {}).items())),
    )
    choices = Choices(
        target=params["database"].encode("utf-8"),
        policy=policy,
        tables=tuple(params["tables"] or ()),
        exclude_tables=tuple(params["exclude_tables"] or ()),
        triggers=params["triggers"],
        allow=tuple(params["allow"] or ()),
        batch_bytes=params["batch_bytes"],
        defer_indexes=params["defer_indexes"],
    )
    return load(
        Request(
            login=login_of(params),
            files=files,
            target=params["database"],
            choices=choices,
            create=params["create"],
            charset=params["charset"],
            collation=params["collation"],
            on_existing=params["on_existing"],
            gtid=params["gtid"],
            binlog=params["binlog"],
            lane=params["lane"],
            workers=params["workers"] or 0,
            analyze=params["analyze"],
            durability=params["durability"],
            verify=params["verify"],
            resume=params["resume"],
            require_complete=params["require_complete"],
            ledger_database=params["ledger_database"],
            ledger=params["ledger"],
            check_only=call.check_mode,
            fingerprint=params["fingerprint"],
            progress=call.progress,
            # A task whose connection broke may be at work still: who runs it again joins it. Check mode asks, it does not wait.
            patience=3 if call.check_mode else _SECONDS_FOR_ANOTHER,
        )
    )


def _check(params: Dict[str, Any]) -> None:
    """What an argument spec cannot say of the options."""
    user, at, _host = params["definer"].rpartition("@")
    if params["definer"] not in ("keep", "current", "strip") and not (user and at):
        raise Failure("definer is {0}".format(params["definer"]), None, "It is keep, current, strip, or an account as in restore@localhost.")
    for name in ("workers", "batch_bytes"):
        if params[name] is not None and params[name] < 1:
            raise Failure("{0} is {1}".format(name, params[name]), None, "It is at least 1.")
    if not params["database"]:
        raise Failure("database is empty", None, "Name the database to load into.")
    if not any(params[way] for way in ("src", "archive", "url", "internal_url", "fingerprint")):
        raise Failure("There is nothing to load", None, "Give src, archive, url, internal_url or fingerprint.")
    if params["source_database"] and not (params["archive"] or params["url"] or params["internal_url"]):
        raise Failure("source_database is of use only with archive or url", None, "Files in src are of one database each.")


def _files(sources: List[str]) -> Tuple[DumpFile, ...]:
    paths: List[str] = []
    for source in sources:
        if os.path.isdir(source):
            names = [name for name in os.listdir(source) if os.path.isfile(os.path.join(source, name))]
            found = [os.path.join(source, name) for name, _role in order_files(names)]
            if not found:
                raise Failure("There is no .sql or .sql.gz file in the folder", source, "Give the folder of one database that rds_backup_extract made.")
            paths.extend(found)
        else:
            paths.append(source)
    return tuple(on_disk(path) for path in paths)


def _result(database: str, outcome: Outcome) -> Dict[str, Any]:
    result = dict(outcome._asdict())
    result["database"] = database
    result["tables"] = [dict(table._asdict()) for table in outcome.tables]
    # Ansible adds the warnings given to it under this very name.
    del result["warnings"], result["skipped"]
    seconds = outcome.elapsed
    result["throughput"] = int(outcome.bytes / seconds) if seconds and outcome.changed else 0
    return result
