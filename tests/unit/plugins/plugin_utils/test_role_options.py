# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages of modules in the role restore name its variables."""

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import messages
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.error_cures import ERROR_CURES
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._role_options import with_role_options

try:
    from ansible.module_utils._internal import _messages as messages_of_core
except ImportError:  # before ansible-core 2.19, which made objects of them
    messages_of_core = None

ROOT = Path(__file__).resolve().parents[4]
DEFAULTS = yaml.safe_load((ROOT / "roles/restore/defaults/main.yml").read_text())
IN_THE_ROLE = {**DEFAULTS, "ansible_role_name": "apsaradb.mysql.restore", "restore__names": {}}
CURES = sorted({kind.cure for kind in vars(messages).values() if isinstance(kind, messages.FindingKind) and kind.cure})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Set up a keyring, or choose encryption: strip.", "Set up a keyring, or choose restore_encryption: strip."),
        ("leave them out with exclude_tables, or choose on_existing: replace (drops it)", None),
        ("map it, for example engines: {MyISAM: InnoDB}", "map it, for example restore_engines: {MyISAM: InnoDB}"),
        ("leave out exclude_tables: __apsaradb_*", "leave out restore_exclude_tables: __apsaradb_*"),
        ("Set ca_path to the certificate authority. Use validate_certs: false only if you know why.", None),
        ("To run them, name their first words with allow.", "To run them, name their first words with restore_allow."),
    ],
)
def test_options_of_a_cure(message: str, expected: str | None) -> None:
    found = with_role_options({"msg": message}, IN_THE_ROLE)["msg"]
    assert found == (expected or re.sub(r"\b(exclude_tables|on_existing|ca_path|validate_certs)\b", r"restore_\1", message))
    assert with_role_options({"msg": found}, IN_THE_ROLE)["msg"] == found


@pytest.mark.parametrize(
    "message", ["3 tables: a, b", "The column max_age of t has no default", "scan: true", "restore_encryption: strip", "It has: blog, shop", "events: 3"]
)
def test_other_words_stay(message: str) -> None:
    assert with_role_options({"msg": message}, IN_THE_ROLE)["msg"] == message


def test_which_texts_of_a_result() -> None:
    text = "choose gtid: strip"
    result = {
        "msg": text,
        "warnings": [text],
        "findings": [{"cure": text, "what": text, "rule": text}],
        "databases": {"shop": {"msg": text, "name": text}},
        "rc": 1,
    }
    new = "choose restore_gtid: strip"
    assert with_role_options(result, IN_THE_ROLE) == {
        "msg": new,
        "warnings": [new],
        "findings": [{"cure": new, "what": new, "rule": text}],
        "databases": {"shop": {"msg": new, "name": text}},
        "rc": 1,
    }
    assert with_role_options(result, {**IN_THE_ROLE, "ansible_role_name": "site.restore"}) == result
    assert with_role_options(result, DEFAULTS) == result


if messages_of_core is not None:

    def test_errors_and_warnings_of_ansible_are_objects() -> None:
        text = "choose gtid: strip"
        event = messages_of_core.Event(
            msg=text, chain=messages_of_core.EventChain(msg_reason="caused by", traceback_reason="", event=messages_of_core.Event(msg=text))
        )
        result = with_role_options({"exception": messages_of_core.ErrorSummary(event=event)}, IN_THE_ROLE)
        assert isinstance(result["exception"], messages_of_core.ErrorSummary)
        found = result["exception"].event
        assert found.msg == found.chain.event.msg == "choose restore_gtid: strip"
        assert found.chain.msg_reason == "caused by"


@pytest.mark.parametrize("cure", CURES)
def test_every_option_with_a_value_in_a_cure_of_the_checks(cure: str) -> None:
    """Each is a variable of the role, or an option that only the module has."""
    # Here "tables" is a word.
    found = with_role_options({"cure": cure.replace("time zone tables:", "time zones:")}, IN_THE_ROLE)["cure"]
    left = set(re.findall(r"(?<!restore_)\b([a-z_]+): (?:\w+|\{)", found)) & {name.removeprefix("restore_") for name in DEFAULTS}
    assert not left


@pytest.mark.parametrize("cure", [cure for cure in ERROR_CURES.values() if "login_" in cure])
def test_every_option_in_a_cure_of_a_failed_login(cure: str) -> None:
    assert re.findall(r"(?<!restore_)\blogin_\w+", with_role_options({"msg": cure}, IN_THE_ROLE)["msg"]) == []
