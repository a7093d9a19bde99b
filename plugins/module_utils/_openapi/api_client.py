# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call the RDS API through Alibaba Cloud's library, with retries, and turn refusals into messages with a cure."""

import re
import time
from typing import Any, Dict, NamedTuple, Optional, Sequence, Union

from ansible.module_utils.basic import missing_required_lib

from .._backoff import backoff
from .._failure import Failure
from .credentials import Credentials
from .endpoint import Endpoint

VERSION = "2014-08-15"
_CONNECT, _READ = 10000, 60000  # milliseconds; listing many backups is slow

_CURES = (
    (r"InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken", "Check the credentials: they are unknown, disabled or have expired."),
    (r"SignatureDoesNotMatch|IncompleteSignature", "Check that the secret key belongs to the access key."),
    (r"InvalidTimeStamp", "Set the clock of the host that runs the module."),
    (r"Forbidden|NoPermission|AccessDenied|UnauthorizedOperation", "Grant the RAM user or role the permission rds:{action} on this instance."),
    (r"InvalidDBInstance(?:Id|Name)\b", "Check instance_id, and whether region is the region of the instance."),
    (r"(?:IncorrectDBInstance|OperationDenied\.DBInstance)\w*(?:State|Status)", "Wait until the instance is running."),
    (r"(?:OperationDenied\.)?BackupTimesExceeded", "RDS makes at most 20 backups of an instance in a day. Use an older one (a larger max_age), or wait."),
    (r"(?:OperationDenied\.)?BackupJobExists", "Wait until the running backup is complete."),
    (r"BackupType\.NotSupport|InvalidBackupMethod", "RDS makes logical backups of High-availability Edition on local SSD only."),
    (r"InvalidDBName|OperationDenied\.NoDatabase", "Check databases: the instance has no database with that name."),
    (r"Invalid(?:Start|End)Time", "Check start_time and end_time, and request a shorter range."),
    (r"Throttling", "Try again later, and less often."),
)


class ApiError(Failure):
    """The API refused a call with the error ``code``. ``repeated``: an earlier attempt of the same call may have been executed: it got
    no response, or a server error."""

    def __init__(self, action: str, code: str, message: str, request_id: Optional[str], *, repeated: bool) -> None:
        cure = next((cure.format(action=action) for pattern, cure in _CURES if re.match(pattern, code)), None)
        # Messages about signatures contain the request with the access key.
        message = "" if "Signature" in code else message
        what = "{0} was refused: {1}{2}".format(action, code, ", " + message.strip().rstrip(".") if message.strip() else "")
        where = None if request_id is None else "request {0}".format(request_id)
        super().__init__(what, where, cure, api_code=code, request_id=request_id)
        self.code = code
        self.repeated = repeated

    def is_one_of(self, *codes: str) -> bool:
        """Whether ``code`` is one of these, with or without the prefix ``OperationDenied.``."""
        return self.code.split(".", 1)[-1] in codes or self.code in codes


class RetryPolicy(NamedTuple):
    """How often a call is sent: at most ``tries`` times, and at most ``silent`` times without a response. ``step``: the first back-off in seconds."""

    tries: int = 8
    silent: int = 4
    step: float = 1.0


DEFAULT_POLICY = RetryPolicy()


class RdsApi:
    """The API for one account and region."""

    def __init__(self, credentials: Credentials, endpoint: Endpoint, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        self._policy = policy
        self._endpoint = endpoint
        self._secrets = credentials.secrets
        self._library = _Library()
        self._client = self._library.client(credentials, endpoint)

    def call(self, action: str, **parameters: Union[str, int, None]) -> Dict[str, Any]:
        """The response to ``action``. Parameters that are None are not sent.

        Retries after throttling, server errors and network errors, as :class:`RetryPolicy` allows. Raises :class:`ApiError` if
        the API refuses the call, and :class:`Failure` if it does not respond.
        """
        query = {name: str(value) for name, value in parameters.items() if value is not None}
        failures = unanswered = 0
        repeated = False
        while True:
            try:
                answer = self._library.send(self._client, action, query)
            except Exception as error:  # pylint: disable=broad-except
                refusal = _refusal(error, action, repeated=repeated, secrets=self._secrets) if isinstance(error, self._library.Refused) else None
                if refusal is not None and not _is_transient(error):
                    raise refusal from None
                failures += 1
                unanswered += refusal is None
                repeated = repeated or not _is_throttled(error)
                if failures >= self._policy.tries or unanswered == self._policy.silent:
                    raise refusal or self._no_answer(error, action) from None
                time.sleep(self._wait(failures, error))
            else:
                return answer if isinstance(answer, dict) else {}

    def _wait(self, failures: int, error: Exception) -> float:
        try:
            requested = float(getattr(error, "retry_after", None) or 0) / 1000.0
        except (TypeError, ValueError):
            requested = 0.0
        return backoff(failures, self._policy.step, requested)

    def _no_answer(self, error: Exception, action: str) -> Failure:
        inner = getattr(error, "inner_exception", None) or error
        reason = _without(str(inner).rpartition("Caused by ")[2] or type(inner).__name__, self._secrets)
        cure = "Check the network and the proxy of the host that runs the module, and region or endpoint."
        return Failure("{0} got no response from {1}: {2}".format(action, self._endpoint.address, reason), cure=cure)


class _Library:
    """Wraps ``alibabacloud-tea-openapi`` and ``alibabacloud-credentials``."""

    def __init__(self) -> None:
        # Imported here because restore hosts need not have these libraries.
        try:
            from alibabacloud_credentials import client as credentials_client
            from alibabacloud_credentials import models as credentials_models
            from alibabacloud_credentials.provider import CLIProfileCredentialsProvider
            from alibabacloud_tea_openapi import client, exceptions, models
            from alibabacloud_tea_util import models as util_models
        except ImportError:
            library = "alibabacloud-tea-openapi >= 0.4 and alibabacloud-credentials >= 1.0"
            raise Failure(missing_required_lib(library, url="https://github.com/aliyun/darabonba-openapi")) from None
        self._credentials, self._credentials_models, self._profile = credentials_client, credentials_models, CLIProfileCredentialsProvider
        self._openapi, self._models, self._util = client, models, util_models
        self.Refused = exceptions.AlibabaCloudException

    def client(self, credentials: Credentials, endpoint: Endpoint) -> Any:
        try:
            credential = self._credential(credentials)
            # Checked before any call, because calls report missing credentials as a network error.
            credential.get_credential()
        except Exception as error:  # pylint: disable=broad-except
            name = "ecs_role_name" if credentials.role else "profile" if credentials.profile else None
            what = "No credentials for Alibaba Cloud were found" if name is None else "{0} provides no credentials".format(name)
            cure = "Specify alicloud_access_key and alicloud_secret_key, ecs_role_name or profile, or set the environment variables."
            raise Failure(what, None if name is None else _without(str(error) or type(error).__name__, credentials.secrets), cure) from None
        config = self._models.Config(
            credential=credential,
            endpoint=endpoint.address,
            protocol=endpoint.protocol,
            connect_timeout=_CONNECT,
            read_timeout=_READ,
            user_agent="ansible-apsaradb.mysql",
        )
        return self._openapi.Client(config)

    def _credential(self, credentials: Credentials) -> Any:
        if credentials.profile:
            return self._credentials.Client(provider=self._profile(profile_name=credentials.profile))
        if credentials.role:
            return self._credentials.Client(self._credentials_models.Config(type="ecs_ram_role", role_name=credentials.role))
        if credentials.key is None:
            return self._credentials.Client()
        key = credentials.key
        kind = "sts" if key.token else "access_key"
        return self._credentials.Client(
            self._credentials_models.Config(type=kind, access_key_id=key.id, access_key_secret=key.secret, security_token=key.token)
        )

    def send(self, client: Any, action: str, query: Dict[str, str]) -> Any:
        params = self._models.Params(
            action=action,
            version=VERSION,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        return client.call_api(params, self._models.OpenApiRequest(query=query), self._util.RuntimeOptions())["body"]


def _refusal(error: Exception, action: str, *, repeated: bool, secrets: Sequence[str]) -> Optional[ApiError]:
    """The error in the API's response; None if the response is some other JSON."""
    code = getattr(error, "code", None)
    if not code or code == "None":
        return None
    data = getattr(error, "data", None)
    fields = data if isinstance(data, dict) else {}
    message = _without(str(fields.get("Message") or getattr(error, "message", "") or ""), secrets)
    request_id = fields.get("RequestId") or getattr(error, "request_id", None)
    return ApiError(action, str(code), message, None if request_id in (None, "None") else str(request_id), repeated=repeated)


def _is_transient(error: Exception) -> bool:
    status = getattr(error, "status_code", None)
    return _is_throttled(error) or (isinstance(status, int) and status >= 500)


def _is_throttled(error: Exception) -> bool:
    return "Throttling" in str(getattr(error, "code", "")) or getattr(error, "status_code", None) == 429


def _without(message: str, secrets: Sequence[str]) -> str:
    """``message`` on one line of at most 300 characters, without secrets and the user part of a proxy's address."""
    for secret in sorted(secrets, key=len, reverse=True):
        message = message.replace(secret, "***")
    message = re.sub(r"(://)[^/\s@'\"]+@", r"\1***@", message)
    return " ".join(message.split())[:300]
