# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach a MySQL server, said once for all modules that do."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._login``."""

    DOCUMENTATION = r"""
options:
  login_user:
    description:
      - The account to connect with.
      - Without it, that of O(config_file), else the name of the system's user.
    type: str
  login_password:
    description:
      - The account's password.
    type: str
  login_host:
    description:
      - The server's host. O(login_unix_socket) comes first where both are given.
    type: str
    default: localhost
  login_port:
    description:
      - The server's port.
    type: int
    default: 3306
  login_unix_socket:
    description:
      - The server's socket. It needs no TLS and, with C(auth_socket), no password.
    type: str
  config_file:
    description:
      - A MySQL option file. Its C([client]) section gives what is not given here. It need not exist.
    type: path
    default: ~/.my.cnf
  connect_timeout:
    description:
      - Seconds to wait for the connection.
    type: int
    default: 30
  ca_cert:
    description:
      - The certificate authority the server's certificate must come from. Without it the connection is still encrypted
        where the server can, but the server is not authenticated.
    type: path
    aliases: [ssl_ca]
  client_cert:
    description:
      - A client certificate.
    type: path
    aliases: [ssl_cert]
  client_key:
    description:
      - The key of O(client_cert).
    type: path
    aliases: [ssl_key]
  check_hostname:
    description:
      - Whether the server's certificate must name O(login_host). Only with O(ca_cert).
    type: bool
requirements:
  - PyMySQL on the host that runs the module
"""
