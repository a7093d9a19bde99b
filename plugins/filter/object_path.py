# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter object_path: the part of a download URL that is not secret and identifies the backup."""

from __future__ import annotations

import re
from typing import Callable
from urllib.parse import urlsplit

DOCUMENTATION = r"""
name: object_path
short_description: Get the path of the object behind a download URL
version_added: 1.0.0
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
description:
  - Returns the path of a backup in its bucket, without the signature of the URL. All signed URLs of a backup have the same path, and it is not secret,
    so it can identify the backup and name files.
  - A URL that was encoded twice, or whose question mark was lost, has its signature in its path. It is removed from there too.
  - The role P(apsaradb.mysql.restore#role) and the playbooks of this collection use it.
options:
  _input:
    description:
      - The download URL.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Fetch a backup to a file of the same name
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    dest: "/var/backups/{{ backup_url | apsaradb.mysql.object_path | basename }}"
"""

RETURN = r"""
_value:
  description:
    - The path as it is in the URL, such as V(/custins1/hins2345_data_20260101033000.tar). Empty if O(_input) is empty.
  type: str
"""

# A parameter of a signature, after a separator that may be encoded any number of times.
_SIGNATURE = re.compile(r"(?:[?&;]|%(?:25)*(?:3F|26|3B))(?:Expires|OSSAccessKeyId|Signature|security-token|x-oss-).*$", re.IGNORECASE)


def object_path(url: str) -> str:
    return _SIGNATURE.sub("", urlsplit(url or "").path)


class FilterModule:
    """Ansible finds the filter by this name."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"object_path": object_path}
