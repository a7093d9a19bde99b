# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of a download URL to values."""

from typing import Any, Dict, Set

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC, hide_url, network, refuse_url, unverified, url

SIGNED = "https://bucket.oss.example/backup.tar?Expires=1&Signature=s3cret"


def params(**given: Any) -> Dict[str, Any]:
    return dict({name: option.get("default") for name, option in URL_SPEC.items()}, **given)


def test_defaults_are_a_network() -> None:
    found = network(params())
    assert (found.timeout, found.retries, found.validate_certs, found.ca_path) == (60, 10, True, None)


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": -1.0}, {"retries": -1}])
def test_numbers_out_of_range_fail(wrong: Dict[str, Any]) -> None:
    with pytest.raises(Failure, match="timeout or retries is out of range"):
        network(params(**wrong))


def test_a_missing_url_is_none_and_a_given_one_keeps_its_secret() -> None:
    assert url(params(), "url") is None
    signed = url(params(url=SIGNED), "url")
    assert signed is not None and signed.in_full() == SIGNED and "s3cret" not in str(signed)


# Ansible turns the "//" of a path into "/".
@pytest.mark.parametrize("path", [SIGNED, SIGNED.replace("//", "/"), SIGNED.upper(), "'{0}'".format(SIGNED), "url=" + SIGNED])
def test_a_url_as_a_path_is_refused_and_hidden(path: str) -> None:
    class Module:
        params = {"src": path}
        no_log_values: Set[str] = set()

    with pytest.raises(Failure, match="src is a URL.*Use url instead") as caught:
        refuse_url(Module.params, "src")
    assert "s3cret" not in str(caught.value).lower()
    hide_url(Module, "src")  # type: ignore[arg-type]
    assert Module.no_log_values == {path}
    Module.params = {"src": ["a.sql", path]}  # type: ignore[dict-item]
    with pytest.raises(Failure, match="src is a URL"):
        refuse_url(Module.params, "src")
    hide_url(Module, "src")  # type: ignore[arg-type]
    assert Module.no_log_values == {path}


@pytest.mark.parametrize("path", [SIGNED.partition("//")[2], "/downloads/backup.tar?Expires=1&Signature=s3cret"])
def test_a_path_with_a_signature_is_hidden(path: str) -> None:
    class Module:
        params = {"src": path}
        no_log_values: Set[str] = set()

    refuse_url(Module.params, "src")
    hide_url(Module, "src")  # type: ignore[arg-type]
    assert Module.no_log_values == {path}


@pytest.mark.parametrize("path", ["/var/backups/https.tar", "backup.tar", "http", None])
def test_a_path_is_not_hidden(path: Any) -> None:
    class Module:
        params = {"src": path}
        no_log_values: Set[str] = set()

    hide_url(Module, "src")  # type: ignore[arg-type]
    assert Module.no_log_values == set()
    if path:
        refuse_url(Module.params, "src")


def test_unverified_members_are_named() -> None:
    assert unverified(["a.sql", "b\x1b.sql"]).endswith("a.sql, 'b\\x1b.sql'")
