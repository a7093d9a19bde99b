# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter object_identity: the bucket and the path of the object behind a download URL, which no other object has."""

from __future__ import annotations

import re
from typing import Callable
from urllib.parse import urlsplit

from ansible_collections.apsaradb.mysql.plugins.filter.object_path import object_path

DOCUMENTATION = r"""
name: object_identity
short_description: Get the host and the path of the object behind a download URL
version_added: 1.0.0
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
description:
  - Returns the host and the path of a backup, without the signature of the URL. All signed URLs of a backup have the same identity, whether their address
    is internal or external. Objects of the same path in different buckets have different identities.
  - For a name of a file, use P(apsaradb.mysql.object_path#filter).
  - The playbooks of this collection use it.
options:
  _input:
    description:
      - The download URL.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Fetch each backup to a directory of its own
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    dest: "/var/backups/{{ backup_url | apsaradb.mysql.object_identity | hash('sha256') }}/backup.tar"
"""

RETURN = r"""
_value:
  description:
    - The external host, with its port unless it is 80 or 443, and the path as it is in the URL, such as
      V(rdslog-hz.oss-cn-hangzhou.aliyuncs.com/custins1/hins2345_data_20260101033000.tar). Empty if O(_input) is empty.
  type: str
"""

# Not in the name of a bucket, which precedes ".oss-".
_INTERNAL = re.compile(r"-internal(?=\.(?!oss-))")
_PORT = re.compile(r":(?!(?:80|443)$)\d+$")


def object_identity(url: str) -> str:
    pieces = urlsplit(url or "")
    port = _PORT.search(pieces.netloc)
    return _INTERNAL.sub("", pieces.hostname or "") + (port.group() if port else "") + object_path(url)


class FilterModule:
    """Ansible finds the filter by this name."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"object_identity": object_identity}
