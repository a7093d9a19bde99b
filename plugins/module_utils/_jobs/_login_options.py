# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that log in to a MySQL server: names, aliases and defaults as in ansible.mysql. They are documented in the fragment ``_login``."""

from typing import Any, Dict

from .._server.connection import Login

LOGIN_SPEC: Dict[str, Dict[str, Any]] = {
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "login_host": {"type": "str", "default": "localhost"},
    "login_port": {"type": "int", "default": 3306},
    "login_unix_socket": {"type": "str"},
    "config_file": {"type": "path", "default": "~/.my.cnf"},
    "connect_timeout": {"type": "int", "default": 30},
    "client_cert": {"type": "path", "aliases": ["ssl_cert"]},
    "client_key": {"type": "path", "aliases": ["ssl_key"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca"]},
    "check_hostname": {"type": "bool"},
}


def login_of(params: Dict[str, Any]) -> Login:
    """The login in the parameters of a module. The configuration file may be missing."""
    return Login(
        user=params["login_user"],
        password=params["login_password"],
        host=params["login_host"],
        port=params["login_port"],
        unix_socket=params["login_unix_socket"],
        config_file=params["config_file"],
        ca_cert=params["ca_cert"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        check_hostname=params["check_hostname"],
        connect_timeout=params["connect_timeout"],
    )
