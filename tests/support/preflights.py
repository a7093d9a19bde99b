# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_restore_preflight with the defaults of its module, and dumps that ask for what servers do not have."""

from typing import Any, Dict, List, Tuple

import yaml
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_plan import ROLL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_preflight import job
from ansible_collections.apsaradb.mysql.plugins.modules.mysql_restore_preflight import DOCUMENTATION

HEAD = "-- MySQL dump 10.13  Distrib {version}, for Linux (x86_64)\n--\n-- Host: localhost    Database: shop\n-- ---\n-- Server version\t{version}\n"
GTID = "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{set}';\n"
TABLE = "CREATE TABLE `t` (`a` int NOT NULL, PRIMARY KEY (`a`)) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1),(2);\n"
END = "-- Dump completed on 2026-01-01\n"


def dump(version: str, body: str = TABLE, gtid: str = "", end: str = END) -> bytes:
    """A dump as mysqldump frames it."""
    return (HEAD.format(version=version) + (GTID.format(set=gtid) if gtid else "") + body + end).encode()


def options(**given: Any) -> Dict[str, Any]:
    """All options of the module, these among them."""
    specs = [(name, spec.get("default")) for specs in (LOGIN_SPEC, IMPORT_SPEC, URL_SPEC, ROLL_SPEC) for name, spec in specs.items()]
    specs += [(name, spec.get("default")) for name, spec in yaml.safe_load(DOCUMENTATION)["options"].items()]
    unknown = set(given) - {name for name, _default in specs}
    assert not unknown, unknown
    return dict(dict(specs, config_file=None), **given)


def look(entry: Any, check: bool = False, **given: Any) -> Dict[str, Any]:
    """The findings about a backup and the server ``entry``, where one is given; errors are returned and do not fail."""
    return heard(entry, check, **given)[0]


def heard(entry: Any, check: bool = False, **given: Any) -> Tuple[Dict[str, Any], List[str]]:
    """The same, and what it warned of."""
    login = {"login_unix_socket": entry["socket"], "login_user": "root"} if entry else {}
    warned = []  # type: List[str]
    return job(JobContext(options(**dict(dict(login, fail=False), **given)), check, warned.append)), warned


def kinds(result: Dict[str, Any], level: str = "error") -> Dict[str, Dict[str, Any]]:
    """The findings of a level, by kind."""
    return {finding["kind"] or finding["check"]: finding for finding in result["findings"] if finding["level"] == level}
