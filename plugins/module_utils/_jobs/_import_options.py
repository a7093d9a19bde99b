# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an import, for the import itself and for its preflight check. They are documented in the fragment ``_import``."""

import os
from typing import Any, Collection, Dict, List, Optional, Tuple

from .._backup.layout import order_files
from .._dump.plan import Choices
from .._dump.rewrite import Policy
from .._dump.table_definition import engine_named
from .._failure import Failure
from .._load.files import DumpFile, on_disk
from .._load.request import BinlogChoice, CollationDefault, GtidPolicy, ImportRequest, LaneChoice, OnExisting, VerifyLevel
from ._login_options import login_of
from ._url_options import refuse_url

# How many bytes of rows are committed together, at least one statement.
BATCH_BYTES = 1 << 20

IMPORT_SPEC: Dict[str, Any] = dict(
    create=dict(type="bool", default=True),
    charset=dict(type="str"),
    collation=dict(type="str"),
    on_existing=dict(type="str", choices=["fail", "skip", "replace", "merge"], default="fail"),
    tables=dict(type="raw"),
    exclude_tables=dict(type="list", elements="str"),
    gtid=dict(type="str", choices=["strip", "apply", "reset", "fail"], default="strip"),
    binlog=dict(type="str", choices=["off", "on"]),
    definer=dict(type="str", default="keep"),
    triggers=dict(type="str", choices=["after", "omit"], default="after"),
    events=dict(type="str", choices=["disabled", "keep", "omit"], default="disabled"),
    encryption=dict(type="str", choices=["keep", "strip"], default="keep"),
    engines=dict(type="dict"),
    lane=dict(type="str", choices=["auto", "insert", "load_data"], default="auto"),
    defer_indexes=dict(type="str", choices=["auto", "always", "never"], default="auto"),
    allow=dict(type="list", elements="str"),
    require_complete=dict(type="bool", default=True),
    verify=dict(type="str", choices=["rows", "checksum", "none"], default="rows"),
    collation_default=dict(type="str", choices=["server", "origin"], default="server"),
    strict=dict(type="bool", default=False),
    ledger_database=dict(type="str"),
)


def check_options(params: Dict[str, Any]) -> None:
    """Check what an argument spec cannot express.

    :raises Failure: a value is invalid.
    """
    user, at, _host = params["definer"].rpartition("@")
    if params["definer"] not in ("keep", "current", "strip") and not (user and at):
        raise Failure(
            "definer has the invalid value {0}".format(params["definer"]), None, "Specify keep, current, strip, or an account such as restore@localhost."
        )
    if params.get("workers") is not None and params["workers"] < 1:
        raise Failure("workers is {0}, which is too low".format(params["workers"]), None, "Specify at least 1.")


def listed(value: Any) -> Any:
    """The list in a comma-separated string, as ``--extra-vars`` passes one; any other value unchanged."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def targets_of(databases: Any) -> Optional[Dict[str, str]]:
    """Convert the option ``databases`` (a map, a list or a comma-separated string) to a map from source to target; None means all databases.

    :raises Failure: the option has another form, or two databases have the same target.
    """
    databases = listed(databases)
    if not databases:
        return None
    if isinstance(databases, (list, tuple)):
        # In YAML, a name of digits is a number.
        names = [str(word) if isinstance(word, int) and not isinstance(word, bool) else word for word in databases]
        databases = dict(zip(names, names))
    if not isinstance(databases, dict) or not all(isinstance(word, str) and word for pair in databases.items() for word in pair):
        raise Failure("databases is neither a list of names nor a map of names to names", None, "Specify it as [shop] or {shop: shop_copy}.")
    if len(set(databases.values())) < len(databases):
        raise Failure("databases names the same target twice: {0}".format(databases), None, "Specify a different target for each database.")
    return dict(databases)


def tables_of(params: Dict[str, Any], source: str) -> List[str]:
    """The option ``tables`` for the database ``source``: a list of names or a comma-separated string, or a map from databases to either."""
    tables = params["tables"]
    if isinstance(tables, dict):
        tables = tables.get(source)
    return [str(name) for name in listed(tables) or ()]


def refuse_unknown_tables(params: Dict[str, Any], names: Collection[str]) -> None:
    """Refuse a map in ``tables`` that names a database the backup does not have: a misspelled limit would have no effect.

    :raises Failure: a name is not in ``names``.
    """
    tables = params["tables"]
    unknown = sorted(str(name) for name in tables if name not in names) if isinstance(tables, dict) else []
    if unknown:
        what = "tables limits the database {0}, which the backup does not have".format(", ".join(unknown))
        raise Failure(what, None, "It has: {0}. A database that tables does not name is loaded as a whole.".format(", ".join(names)))


def request_of(params: Dict[str, Any], files: Tuple[DumpFile, ...], target: str) -> ImportRequest:
    """The request to load ``files`` into ``target`` with these options."""
    policy = Policy(
        definer=params["definer"],
        encryption=params["encryption"],
        events=params["events"],
        engines=tuple(sorted((engine_named(str(old)).upper(), str(new)) for old, new in (params["engines"] or {}).items())),
    )
    choices = Choices(
        target=target.encode("utf-8"),
        policy=policy,
        tables=tuple(params["tables"] or ()),
        exclude_tables=tuple(params["exclude_tables"] or ()),
        triggers=params["triggers"],
        allow=tuple(params["allow"] or ()),
        batch_bytes=BATCH_BYTES,
        defer_indexes=params["defer_indexes"],
    )
    return ImportRequest(
        login=login_of(params),
        files=files,
        target=target,
        choices=choices,
        create=params["create"],
        charset=params["charset"],
        collation=params["collation"],
        on_existing=OnExisting(params["on_existing"]),
        gtid=GtidPolicy(params["gtid"]),
        binlog=BinlogChoice(params["binlog"] or "auto"),
        lane=LaneChoice(params["lane"]),
        verify=VerifyLevel(params["verify"]),
        require_complete=params["require_complete"],
        collation_default=CollationDefault(params["collation_default"]),
        strict=params["strict"],
        ledger_database=params["ledger_database"],
    )


def files_of(sources: List[str]) -> Tuple[DumpFile, ...]:
    """The files in ``src``, with each folder replaced by its files in import order.

    :raises Failure: a folder has no dump, or a source is a URL.
    """
    refuse_url({"src": sources}, "src")
    paths: List[str] = []
    for source in sources:
        if os.path.isdir(source):
            names = [name for name in os.listdir(source) if os.path.isfile(os.path.join(source, name))]
            found = [os.path.join(source, name) for name, _role in order_files(names)]
            if not found:
                raise Failure(
                    "The directory contains no .sql or .sql.gz file", source, "Specify the directory of one database that rds_backup_extract has written."
                )
            paths.extend(found)
        else:
            paths.append(source)
    return tuple(on_disk(path) for path in paths)
