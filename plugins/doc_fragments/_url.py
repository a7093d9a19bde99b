# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules that read a backup behind its download URL."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._url``, and its sections; the argument specs are in ``_jobs/_url_options.py``."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - The signed download URL of the backup. It is a secret until it expires, so it is never shown, logged or stored.
    type: str
  internal_url:
    description:
      - The signed download URL inside Alibaba Cloud's network. It is faster and free of charge, but reachable only from the region of the instance.
      - When both URLs are given, this one is tried first, for five seconds at most.
    type: str
"""

    NETWORK = r"""
options:
  timeout:
    description:
      - The number of seconds after which a connection that delivers nothing, or next to nothing, is closed and opened again.
    type: float
    default: 60
  retries:
    description:
      - How often in a row a connection may fail without delivering any bytes. The pause between two attempts doubles each time, up to 30 seconds,
        and is never shorter than what the server asks for.
    type: int
    default: 10
  validate_certs:
    description:
      - Whether to verify the certificate of the server that the download URL points to.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory of certificate authorities to trust instead of the system's, for example for a proxy.
    type: path
notes:
  - Proxies are taken from the environment variables E(http_proxy), E(https_proxy) and E(no_proxy).
"""

    SPEED = r"""
options:
  connections:
    description:
      - How many connections to use, at most 32. If the server does not support ranges, one connection is used.
    type: int
    default: 4
  part_size:
    description:
      - The size of the parts whose completion is recorded, such as V(16M). At least V(64K). Small objects are divided into smaller parts, and
        objects that would have more than 10,000 parts into larger ones.
      - After a crash, at most this much per connection is downloaded again.
    type: bytes
    default: 16M
  bandwidth_limit:
    description:
      - The maximum number of bytes per second for all connections together, such as V(20M). V(0) means no limit.
    type: bytes
    default: "0"
  force:
    description:
      - Download even if the file exists. An unfinished download of the same object is still continued, because its bytes are verified.
    type: bool
    default: false
requirements:
  - requests on the host
  - fastcrc or liblzma on the host, for the CRC-64. Without them the CRC-64 is not verified, and the module warns.
"""
