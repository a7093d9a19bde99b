# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that read a backup from its download URL. They are documented in the fragment ``_url``."""

import re
from typing import Any, Dict, Optional, Sequence

from ansible.module_utils.basic import AnsibleModule

from .._backup.file_reader import shown
from .._failure import Failure
from .._transfer.http_client import Network
from .._transfer.redaction import redact
from .._transfer.signed_url import SignedUrl

NETWORK_SPEC: Dict[str, Any] = dict(
    timeout=dict(type="float", default=60),
    retries=dict(type="int", default=10),
    validate_certs=dict(type="bool", default=True),
    ca_path=dict(type="path"),
)
URL_SPEC: Dict[str, Any] = dict(NETWORK_SPEC, url=dict(type="str", no_log=True), internal_url=dict(type="str", no_log=True))

SPEED_SPEC: Dict[str, Any] = dict(
    connections=dict(type="int", default=4),
    part_size=dict(type="bytes", default="16M"),
    bandwidth_limit=dict(type="bytes", default="0"),
    force=dict(type="bool", default=False),
)
_MOST_CONNECTIONS = 32
_LEAST_PART = 1 << 16
# Also in quotes. The type "path" of Ansible turns "//" into "/".
_URL = re.compile("https?:/", re.I)


def speed(params: Dict[str, Any]) -> Dict[str, Any]:
    """The options of ``SPEED_SPEC`` as fields of a FetchRequest.

    :raises Failure: an option is out of range.
    """
    if not 1 <= params["connections"] <= _MOST_CONNECTIONS:
        raise Failure(
            "connections is {0}, which is out of range".format(params["connections"]), cure="Specify a number from 1 to {0}.".format(_MOST_CONNECTIONS)
        )
    if params["part_size"] < _LEAST_PART:
        raise Failure("part_size is {0} bytes, which is too small".format(params["part_size"]), cure="Specify at least {0}.".format(_LEAST_PART))
    if params["bandwidth_limit"] < 0:
        raise Failure("bandwidth_limit is {0}, which is negative".format(params["bandwidth_limit"]), cure="Specify the bytes per second, or 0 for no limit.")
    return {option: params[option] for option in SPEED_SPEC}


def network(params: Dict[str, Any]) -> Network:
    """The connection settings.

    :raises Failure: ``timeout`` or ``retries`` is out of range.
    """
    if params["retries"] < 0 or params["timeout"] <= 0:
        raise Failure("timeout or retries is out of range", cure="Specify a timeout above 0, and 0 or more retries.")
    return Network(timeout=params["timeout"], retries=params["retries"], validate_certs=params["validate_certs"], ca_path=params["ca_path"])


def url(params: Dict[str, Any], option: str) -> Optional[SignedUrl]:
    """The URL in ``option``; None if it is not set.

    :raises Failure: the value is not a URL.
    """
    return SignedUrl(params[option], option) if params[option] else None


def refuse_url(params: Dict[str, Any], option: str, cure: str = "Use url instead, which is kept secret.") -> None:
    """Refuse a URL in an option for a path or several: Ansible logs the value of a path option, but a download URL is secret.

    :raises Failure: a path in ``option`` is a URL.
    """
    for path in _paths(params[option]):
        if _URL.search(path):
            raise Failure("{0} is a URL, and Ansible may display and log the value of this option".format(option), redact(path), cure)


def hide_url(module: AnsibleModule, option: str) -> None:
    """Hide a URL in the path option ``option`` from the module's output, which :func:`refuse_url` refuses later, and also a path with a
    signature in it: a URL without its beginning, or the name under which a program has saved a download."""
    module.no_log_values.update(path for path in _paths(module.params[option]) if _URL.search(path) or redact(path) != path)


def _paths(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value or []


def unverified(names: Sequence[str]) -> str:
    """The warning about members whose content could not be verified, because only a part of the object was read."""
    text = "Members that are not gzip files were verified only by size, because the server has a checksum only for the whole backup: {0}"
    return text.format(", ".join(shown(name) for name in names))
