# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach a backup behind its download URL, said once for all modules that do."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._remote``."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - The download URL of the backup, with its signature. It is a secret while it lives, and never shown or written anywhere.
    type: str
  internal_url:
    description:
      - The download URL inside of Alibaba Cloud's network, which is faster and free, but reachable only from the region of the instance.
      - When both URLs are given it is tried first, for five seconds at most.
    type: str
  timeout:
    description:
      - The seconds after which a connection that gives nothing, or next to nothing, is given up and made anew.
    type: float
    default: 60
  retries:
    description:
      - How often in a row a connection may fail without bringing anything. The pause between is doubled each time, up to 30 seconds,
        and at least what the server asks for.
    type: int
    default: 10
  validate_certs:
    description:
      - Whether the server's certificate is verified.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder of certificate authorities to trust instead of the system's, for instance that of a proxy.
    type: path
notes:
  - Proxies are taken from the environment variables E(http_proxy), E(https_proxy) and E(no_proxy).
"""
