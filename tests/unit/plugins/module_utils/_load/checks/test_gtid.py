# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choices of ``gtid`` on every kind of server: the reasons, and the table in docs/gtid-and-binlog.md."""

import pathlib
import re

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import gtid
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.gtid import GtidQuestion, check_gtid, gtid_findings, guide, replication_findings
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import GtidPolicy
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.gtid_state import GtidState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B
from ansible_collections.apsaradb.mysql.tests.support.subjects import kinds, server, subject

DOCUMENT = pathlib.Path(__file__).resolve().parents[6] / "docs" / "gtid-and-binlog.md"
WANTED = GtidSet.parse(A + ":1-5")
HISTORIES = {"none": "", "not in D": B + ":1-3", "part of D": A + ":1-3", "D and more": A + ":1-9"}


def question(
    choice,
    executed="",
    *,
    version="8.0.36",
    mode="ON",
    logged=False,
    wanted=WANTED,
    grants=("SUPER", "RELOAD", "PROCESS", "REPLICATION SLAVE", "REPLICATION CLIENT"),
    **state,
):
    variables = {"log_bin": state.pop("log_bin", "ON")}
    known = GtidState(mode, executed, "", state.pop("replicas", ()), state.pop("is_replica", False))
    return GtidQuestion(GtidPolicy(choice), wanted, known, server(version, variables, grants), logged)


def documented():
    """Rows of the table of histories: choice, binlog, history, what is said of 8.0 and of 5.7."""
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return [row for row in rows if len(row) == 5 and row[0] in ("strip", "apply", "reset", "fail") and row[1] in ("off", "on")]


@pytest.mark.parametrize("choice, binlog, history, new, old", documented(), ids=str)
def test_the_documented_choices(choice, binlog, history, new, old):
    for executed in [HISTORIES[history]] if history in HISTORIES else HISTORIES.values():
        for version, effect in (("8.0.36", new), ("5.7.29", old)):
            found = gtid_findings(question(choice, executed, version=version, logged=binlog == "on"))
            assert bool(found) == effect.startswith("refused"), (version, found)
            for words in re.findall(r"refused: (.*)", effect):
                assert any(words in finding.text for finding in found), (words, found)


def test_the_document_has_the_table():
    assert len(documented()) == 20


@pytest.mark.parametrize(
    "asked, expected",
    [
        (question("strip", version="5.5.62"), []),
        (question("apply", version="5.5.62", mode=""), ["gtid_none"]),
        (question("reset", version="10.11.19-MariaDB", mode=""), ["gtid_none"]),
        (question("strip", version="10.11.19-MariaDB", mode=""), []),
        (question("apply", version="26.7.0-cloud", executed=A + ":1-3"), []),
        (question("fail", version="5.5.62", mode=""), ["gtid_named"]),
        (question("fail", wanted=GtidSet()), []),
        (question("apply", wanted=None), []),
        (question("apply", grants=()), ["gtid_privilege"]),
        (question("apply", version="5.6.24", mode="OFF"), ["gtid_off"]),
        (question("apply", version="5.7.29", mode="OFF"), []),
        (question("enable", version="5.6.24", mode="OFF"), ["gtid_enable"]),
        (question("enable", version="5.7.29", mode="OFF", log_bin="OFF"), ["gtid_enable"]),
        (question("enable", version="5.7.29", mode="OFF"), []),
        (question("enable", version="8.0.36", mode="OFF", log_bin="OFF"), []),
        (question("enable", version="8.0.36", mode="OFF", wanted=None), []),
        (question("enable", version="8.0.36", mode="OFF", replicas=("a",), is_replica=True), ["gtid_topology", "gtid_topology"]),
        (question("enable", version="8.0.36", mode="ON", replicas=("a",), is_replica=True), []),
        (question("reset", B + ":1", grants=("SUPER",)), ["gtid_reset_privilege"]),
        (question("reset", B + ":1", replicas=("a",)), ["gtid_reset"]),
        (question("reset", A + ":1-9", replicas=("a",), grants=("SUPER",)), []),
        (question("reset", B + ":1", logged=True, is_replica=True), ["gtid_reset_log", "gtid_reset"]),
    ],
)
def test_reasons_against_a_choice(asked, expected):
    assert kinds(gtid_findings(asked)) == expected


def test_a_set_at_the_end_of_a_dump_that_was_not_read():
    assert kinds(check_gtid(subject(whole=False, gtid="apply"))) == ["gtid_unknown"]
    assert check_gtid(subject(whole=False, gtid="strip")) == [] == check_gtid(subject(gtid="apply"))


@pytest.mark.parametrize(
    "choice, executed, mode, expected",
    [
        ("strip", "", "ON", "the dump's set is left out"),
        ("apply", "", "ON", "adds {0}:1-5 to gtid_purged".format(A)),
        ("apply", A + ":1-3", "ON", "adds {0}:4-5 to gtid_purged".format(A)),
        ("apply", A + ":1-9", "ON", "adds nothing"),
        ("reset", B + ":1", "ON", "deletes the history {0}:1 and the binary logs, then sets gtid_purged to {1}:1-5".format(B, A)),
        ("enable", "", "OFF", "sets gtid_mode to OFF_PERMISSIVE, ON_PERMISSIVE, ON, then adds {0}:1-5".format(A)),
    ],
)
def test_the_effect_of_a_choice(choice, executed, mode, expected):
    dump = subject(b"SET @@GLOBAL.GTID_PURGED='" + str(WANTED).encode() + b"';\n", grants=("ALL PRIVILEGES",), variables={"log_bin": "ON"})
    found = gtid.outlook(dump, GtidState(mode, executed, "", (), False), 2)["choices"][choice]
    assert found["works"] and expected in found["effect"], found


@pytest.mark.parametrize(
    "version, mode, executed, files, error",
    [
        ("5.6.24", "OFF", "", 2, "1839"),
        ("5.6.24", "ON", "", 2, "1840"),
        ("5.7.29", "ON", "", 1, None),
        ("5.7.29", "ON", A + ":9", 1, "1840"),
        ("8.0.36", "ON", A + ":9", 1, None),
        ("8.0.36", "ON", A + ":9", 2, "3546"),
        ("9.7.4", "ON", A + ":3", 1, "3546"),
        ("26.7.0-cloud", "ON", A + ":3", 1, "3546"),
        ("5.5.60", "", "", 2, None),
        ("10.11.19-MariaDB", "", "", 1, "1193"),
    ],
)
def test_the_error_that_ends_the_vendors_procedure(version, mode, executed, files, error):
    assert guide(A + ":1-5", files, Version.parse(version), mode, GtidSet.parse(executed)) == error
    assert guide(None, files, Version.parse(version), mode, GtidSet.parse(executed)) is None


@pytest.mark.parametrize("version, expected", [("8.0.36", []), ("5.7.44", ["gtid_own"])])
def test_before_8_0_a_logged_load_adds_to_the_history_that_the_set_needs_empty(version, expected):
    assert kinds(gtid_findings(question("apply", version=version, logged=True))) == expected


@pytest.mark.parametrize(
    "asked, state, expected",
    [
        ({}, {}, []),
        ({"binlog": "on"}, {}, []),
        ({"binlog": "off"}, {"replicas": ("r",)}, ["not_replicated"]),
        ({"binlog": "on"}, {"replicas": ("r",)}, []),
        ({"binlog": "off", "gtid": "apply"}, {"replicas": ("r",)}, ["not_replicated", "replicas_lack_set"]),
        # The server has all of the set already, and so have its replicas.
        ({"binlog": "off", "gtid": "apply"}, {"replicas": ("r",), "executed": A + ":1-9"}, ["not_replicated"]),
        ({"binlog": "on"}, {"is_replica": True}, ["replica_written"]),
        ({"binlog": "off"}, {"is_replica": True}, []),
    ],
)
def test_effects_of_a_load_on_replication(asked, state, expected):
    purged = "SET @@GLOBAL.GTID_PURGED='{0}:1-5';\n".format(A).encode("ascii")
    known = GtidState("ON", state.get("executed", ""), "", state.get("replicas", ()), state.get("is_replica", False))
    assert kinds(replication_findings(subject(purged, variables={"log_bin": "ON"}, **asked), known)) == expected
    # Without a binary log, a server has no replicas.
    assert replication_findings(subject(purged, variables={"log_bin": "OFF"}, **asked)) == []
