# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an object behind a URL, which several modules have: their argument spec, and what they mean."""

from typing import Any, Dict, Optional, Sequence

from .._backup.file_reader import shown
from .._failure import Failure
from .._transfer.http_client import Network
from .._transfer.signed_url import SignedUrl

REMOTE_SPEC: Dict[str, Any] = dict(
    url=dict(type="str", no_log=True),
    internal_url=dict(type="str", no_log=True),
    timeout=dict(type="float", default=60),
    retries=dict(type="int", default=10),
    validate_certs=dict(type="bool", default=True),
    ca_path=dict(type="path"),
)
"""Documented by the fragment _remote."""


def network(params: Dict[str, Any]) -> Network:
    """How to talk.

    :raises Failure: a number makes no sense.
    """
    if params["retries"] < 0 or params["timeout"] <= 0:
        raise Failure("timeout or retries is below its least value", cure="Give a timeout above 0, and 0 or more retries.")
    return Network(timeout=params["timeout"], retries=params["retries"], validate_certs=params["validate_certs"], ca_path=params["ca_path"])


def unverified(names: Sequence[str]) -> str:
    """The warning about members of a backup that nothing vouches for, where not all of the object was read."""
    told = "Unverified but for the size, since they are no gzips and the server has a checksum of the whole backup only: {0}"
    return told.format(", ".join(shown(name) for name in names))


def url(params: Dict[str, Any], option: str) -> Optional[SignedUrl]:
    """The URL in ``option``, or None.

    :raises Failure: it is none.
    """
    return SignedUrl(params[option], option) if params[option] else None
