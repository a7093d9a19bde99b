# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option file means to a module what it means to the mysql client."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.client_options import ClientOptions, TlsMode, client_options


def read(tmp_path, text):
    path = tmp_path / "my.cnf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return client_options(str(path))


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("", ClientOptions()),
        ("[client]\nuser=a\npassword = 'b c'\nsocket=\"/s\"\n", ClientOptions("a", "b c", "/s")),
        ("\ufeff# x\n; y\n!includedir /etc/my.cnf.d\n[client]\n  user=a\n\tpassword=x=y#z\nuser=b\n", ClientOptions("b", "x=y")),
        ("[mysqld]\nuser=mysql\nsocket=/s\n[client]\nssl_ca=/ca\n", ClientOptions(tls=TlsMode.VERIFY_CA, ca_cert="/ca")),
        ("[client]\nssl-cert=/c\nssl-key=/k\n[mysql]\nssl-mode=REQUIRED\n", ClientOptions(client_cert="/c", client_key="/k")),
        ("[client]\npassword\n", ClientOptions(password="")),
        (b"[client]\npassword=\xff\xfe\n", ClientOptions(password="\udcff\udcfe")),
    ],
)
def test_options_of_the_client(tmp_path, text, wanted):
    assert read(tmp_path, text) == wanted


# As mysql --print-defaults of 9.7 shows them.
@pytest.mark.parametrize(
    "text, value",
    [
        ("a#b", "a"),
        ('"s#1" # c', "s#1"),
        ("'it''s # \"x' # y", "it''s # \"x"),
        ('"a # b', '"a # b'),
        ("'x' y", "'x' y"),
        ('"a\\" # b" # c', 'a" # b'),
        ('"a\\\\" # b', "a\\"),
        ("a\\#b", "a\\"),
        ('"', '"'),
        ("1 2 ; 3", "1 2 ; 3"),
        ("x\\\\y\\sz\\d", "x\\y z\\d"),
        ("\\'q\\\"\\b|\\n|\\t|\\r|\\x\\", "'q\"\b|\n|\t|\r|\\x\\"),
        ("a\u2028b", "a\u2028b"),
    ],
)
def test_values(tmp_path, text, value):
    assert read(tmp_path, "[client]\nuser=x\npassword = " + text + "\r\n").password == value


@pytest.mark.parametrize(
    "text, mode",
    [
        ("ssl-mode=required", TlsMode.REQUIRED),
        ("ssl_mode = 'VERIFY_IDENTITY'", TlsMode.VERIFY_IDENTITY),
        ("ssl-mode=VERIFY_IDENTITY # production", TlsMode.VERIFY_IDENTITY),
        ("ssl-ca=/ca\nssl-mode=DISABLED", TlsMode.DISABLED),
        ("ssl-ca=/ca\nssl-mode=PREFERRED", TlsMode.PREFERRED),
        ("skip-ssl", TlsMode.DISABLED),
        ("ssl=0", TlsMode.DISABLED),
        ("ssl", TlsMode.REQUIRED),
        ("ssl=1\nssl-verify-server-cert", TlsMode.VERIFY_IDENTITY),
        ("ssl-verify-server-cert=off", None),
        ("user=x", None),
    ],
)
def test_tls(tmp_path, text, mode):
    assert read(tmp_path, "[client]\n" + text).tls is mode


def test_a_missing_file_has_no_options(tmp_path):
    assert client_options(None) == client_options("") == client_options(str(tmp_path / "none")) == client_options("/dev/null") == ClientOptions()


@pytest.mark.parametrize("text, words", [("[client]\nssl-mode=REQUIERD", "'REQUIERD'.*VERIFY_IDENTITY"), ("password=secret1", "line 1")])
def test_what_the_client_would_not_understand_is_refused(tmp_path, text, words):
    with pytest.raises(Failure, match=words) as caught:
        read(tmp_path, text)
    assert "secret1" not in str(caught.value)


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(Failure, match="config_file cannot be read"):
        client_options(str(tmp_path))
