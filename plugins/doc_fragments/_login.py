# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules that log in to a MySQL server."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._login``; the argument spec is in ``_jobs/_login_options.py``."""

    DOCUMENTATION = r"""
options:
  login_user:
    description:
      - The account to connect with.
      - Without it, the one in O(config_file), otherwise the name of the system user.
    type: str
  login_password:
    description:
      - The password of the account.
    type: str
  login_host:
    description:
      - The host of the server. O(login_unix_socket) takes precedence if both are given.
    type: str
    default: localhost
  login_port:
    description:
      - The TCP port of the server.
    type: int
    default: 3306
  login_unix_socket:
    description:
      - The Unix socket of the server. It needs no TLS and, with the plugin C(auth_socket), no password.
    type: str
  config_file:
    description:
      - A MySQL option file. Its C([client]) section supplies C(user), C(password), C(ssl-mode) and certificates that are not given here, and, for
        the O(login_host) V(localhost), C(socket). The file may be missing.
    type: path
    default: ~/.my.cnf
  connect_timeout:
    description:
      - How many seconds to wait for the connection.
    type: int
    default: 30
  ca_cert:
    description:
      - The certificate authority that must have signed the server's certificate. Without it, the connection is still encrypted
        if the server supports TLS, but the server is not authenticated.
      - If the server offers TLS and TLS fails, or it does not offer the TLS that a certificate or C(ssl-mode) requires, the module fails.
        V(ssl-mode=DISABLED) in the C([client]) section of O(config_file) turns TLS off. It is not used on a Unix socket.
      - Without TLS, the password of an account with C(caching_sha2_password) is sent only if V(ssl-mode=DISABLED) is set. A plugin
        that sends the password in clear text needs this option or O(login_unix_socket).
    type: path
    aliases: [ssl_ca]
  client_cert:
    description:
      - A client certificate.
    type: path
    aliases: [ssl_cert]
  client_key:
    description:
      - The private key of O(client_cert).
    type: path
    aliases: [ssl_key]
  check_hostname:
    description:
      - Whether the server's certificate must name O(login_host). This needs O(ca_cert), or C(ssl-ca) in the option file. Without this option,
        C(ssl-mode=VERIFY_IDENTITY) in the file requires it.
    type: bool
requirements:
  - PyMySQL on the host that runs the module
"""
