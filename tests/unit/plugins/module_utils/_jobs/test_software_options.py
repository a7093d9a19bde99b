# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A source with a secret is neither in the journal nor in the output; any other one is in the output."""

import json

import pytest
from ansible.module_utils import basic
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._software_options import SOURCE_SPEC, show_harmless_source


@pytest.mark.parametrize(
    "source, hidden",
    [
        (None, False),
        ("packages", False),
        ("/srv/mysql.tar.xz", False),
        ("https://cdn.mysql.com/mysql.tar.xz", False),
        ("https://b.oss-cn-hangzhou.aliyuncs.com/mysql.tar.xz?Expires=1&Signature=s3cret", True),
        ("HTTPS://user:s3cret@mirror/mysql.tar.xz", True),
    ],
)
def test_a_url_with_a_secret_is_hidden(source, hidden, monkeypatch, capsys):
    journal = []
    arguments = {} if source is None else {"source": source}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda _module, text, log_args=None: journal.append(text + str(log_args)))
    module = basic.AnsibleModule(argument_spec=SOURCE_SPEC)
    show_harmless_source(module)
    with pytest.raises(SystemExit):
        module.exit_json(source=module.params["source"])
    shown = json.loads(capsys.readouterr().out)["source"]
    assert journal and "s3cret" not in "".join(journal) + shown
    assert (shown == (source or "auto")) is not hidden
