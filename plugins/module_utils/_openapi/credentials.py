# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials: from the options, otherwise from the environment, otherwise whatever Alibaba Cloud's library finds."""

from typing import Any, Mapping, NamedTuple, Optional, Tuple

from .._failure import Failure

# Two families of names, those of alibaba.alicloud and the official ones. A key of one family is never combined with a secret or token of the
# other, because they may belong to different accounts.
_FAMILIES = (
    (("ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"), ("ALICLOUD_SECRET_KEY", "ALICLOUD_SECRET_ACCESS_KEY"), ("ALICLOUD_SECURITY_TOKEN",)),
    (("ALIBABA_CLOUD_ACCESS_KEY_ID",), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET",), ("ALIBABA_CLOUD_SECURITY_TOKEN",)),
)
_REGIONS = ("ALICLOUD_REGION", "ALICLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID")


class AccessKey(NamedTuple):
    """An access key; temporary if it has a ``token``."""

    id: str
    secret: str
    token: Optional[str]


class Credentials(NamedTuple):
    """At most one field is set. If none is, the library searches for credentials (OIDC, its own files, the ECS instance)."""

    key: Optional[AccessKey] = None
    role: Optional[str] = None
    profile: Optional[str] = None

    @property
    def secrets(self) -> Tuple[str, ...]:
        """Texts that must not appear in any message."""
        return tuple(part for part in self.key or () if part)


def credentials_of(params: Mapping[str, Any], environ: Mapping[str, str]) -> Credentials:
    """The credentials to use. Every option takes precedence over every variable, so that a task can select its account.

    The argument spec enforces the rules for options (a key needs its secret, one kind at a time). A family of variables that is half set is
    an error unless the other family is complete.
    """
    if params["alicloud_access_key"]:
        return Credentials(key=AccessKey(params["alicloud_access_key"], params["alicloud_secret_key"], params["alicloud_security_token"] or None))
    if params["ecs_role_name"]:
        return Credentials(role=params["ecs_role_name"])
    if params["profile"]:
        return Credentials(profile=params["profile"])
    halves = []
    for key_names, secret_names, token_names in _FAMILIES:
        key, secret, token = (_first(environ, names) for names in (key_names, secret_names, token_names))
        if key and secret:
            return Credentials(key=AccessKey(key, secret, token))
        if key or secret:
            halves.append((secret_names if key else key_names)[0])
    if halves:
        raise Failure("Half of an access key is in the environment", where="{0} is not set".format(halves[0]), cure="Set both variables, or neither.")
    if _first(environ, ["ALICLOUD_ECS_ROLE_NAME"]):
        return Credentials(role=environ["ALICLOUD_ECS_ROLE_NAME"])
    return Credentials(profile=_first(environ, ["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"]))


def region_of(params: Mapping[str, Any], environ: Mapping[str, str]) -> Optional[str]:
    """The region from the options, otherwise from the environment."""
    return params["region"] or _first(environ, _REGIONS)


def _first(environ: Mapping[str, str], names: Any) -> Optional[str]:
    return next((environ[name] for name in names if environ.get(name)), None)
