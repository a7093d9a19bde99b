# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RDS OpenAPI on loopback: signatures are checked for real, pages are pages, jobs take some looks, URLs expire.

    python3 openapi.py --scenario FILE --endpoint-file FILE --pid-file FILE --log FILE [--idle SECONDS]

The scenario is JSON: the arguments of :class:`OpenApi` but the address, with ``instances`` as the arguments of :class:`Instance`.
"""

import argparse
import calendar
import hashlib
import hmac
import json
import os
import re
import secrets
import signal
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

ALGORITHM = "ACS3-HMAC-SHA256"
NEEDED_HEADERS = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class Seen(NamedTuple):
    """A request that was answered, whatever the answer."""

    action: str
    params: Dict[str, str]
    token: Optional[str]


def made(age: float = 0, databases: Any = ("shop", "crm"), **more: Any) -> Dict[str, Any]:
    """A backup set as the API describes it, begun ``age`` seconds ago. ``databases`` None: the API does not return them."""
    begun = time.time() - age
    return dict(
        {
            "BackupId": str(300000000 + secrets.randbelow(10**8)),
            "BackupMethod": "Logical",
            "BackupMode": "Manual",
            "BackupType": "FullBackup",
            "BackupStatus": "Success",
            "BackupSize": 48130048,
            "BackupStartTime": iso(begun),
            "BackupEndTime": iso(begun + 240),
            "IsAvail": 1,
            "Checksum": "11051210869376104954",
            "HostInstanceID": "5882781",
            "Name": "custins42/hins5882781_data_{0}.tar".format(time.strftime("%Y%m%d%H%M%S", time.gmtime(begun))),
            "databases": databases,
        },
        **more,
    )


def logged(host: str, name: str, begin: float, end: float, **more: Any) -> Dict[str, Any]:
    """A binlog as the API describes it. ``looks``: how many listings an upload takes; None: it is uploaded."""
    item = {
        "LogFileName": name,
        "HostInstanceID": host,
        "LogBeginTime": iso(begin),
        "LogEndTime": iso(end),
        "FileSize": 1000,
        "Checksum": "11051210869376104954",
        "RemoteStatus": "Completed",
        "Name": "{0}/{1}".format(host, name),
        "looks": None,
    }  # type: Dict[str, Any]
    return dict(item, **more)


class Job:
    """A backup that is being made; every look at the tasks brings it nearer to its end."""

    def __init__(self, method: str = "Logical", databases: Any = (), looks: int = 2, fails: bool = False) -> None:
        self.id = str(5000000 + secrets.randbelow(10**6))
        self.backup = made(databases=list(databases), BackupMethod=method)
        self.looks = looks
        self.fails = fails
        self.stage = 0

    @property
    def status(self) -> str:
        if self.stage >= self.looks:
            return "Failed" if self.fails else "Finished"
        return ("NoStart", "Preparing", "Uploading", "Checking")[min(self.stage, 3)]


class Instance:
    """``newest`` are binlogs that are uploaded only when PurgeDBInstanceLog requests it.

    ``job_looks``: how many looks a new backup takes; ``hidden_looks``: how many calls of DescribeBackups it stays unseen after that.
    """

    def __init__(self, **facts: Any) -> None:
        self.engine = facts.pop("engine", "MySQL")
        self.engine_version = facts.pop("engine_version", "8.0")
        self.category = facts.pop("category", "HighAvailability")
        self.storage_type = facts.pop("storage_type", "local_ssd")
        self.databases: List[str] = list(facts.pop("databases", ("shop", "crm")))
        self.backups: List[Dict[str, Any]] = [made(**backup) for backup in facts.pop("backups", ())]
        self.binlogs: List[Dict[str, Any]] = [logged(**binlog) for binlog in facts.pop("binlogs", ())]
        self.newest: List[Dict[str, Any]] = [logged(**binlog) for binlog in facts.pop("newest", ())]
        self.jobs: List[Job] = [Job(**job) for job in facts.pop("jobs", ())]
        self.job_looks = facts.pop("job_looks", 2)
        self.jobs_fail = facts.pop("jobs_fail", False)
        self.hidden_looks = facts.pop("hidden_looks", 0)
        self.left_today = facts.pop("left_today", 20)
        self.forgets_jobs = facts.pop("forgets_jobs", False)
        if facts:
            raise TypeError("unknown: {0}".format(", ".join(facts)))


class OpenApi(socketserver.ThreadingMixIn, HTTPServer):
    """Use it in a ``with`` statement. ``strange`` swaps the types in the answers; ``denied`` are actions that the account may not call.

    ``throttle`` is how many of the next calls are refused as too many; ``faults`` are what the next calls of an action (or of
    "any") get instead of an answer: "drop" (nothing), "obey" (nothing, but what was asked is done), "page" and "json" (what gateways say), "error" (500),
    "error after" (500, but what was asked is done). ``meanwhile`` are the jobs of others that begin with the next fault of CreateBackup.
    """

    daemon_threads = True

    def __init__(self, instances: Optional[Dict[str, Instance]] = None, **facts: Any) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.instances = instances or {}
        self.key_id = facts.pop("key_id", "LTAI" + secrets.token_hex(8))
        self.secret = facts.pop("secret", secrets.token_hex(15))
        self.token: Optional[str] = facts.pop("token", None)
        self.throttle = facts.pop("throttle", 0)
        self.retry_after: Optional[int] = facts.pop("retry_after", None)
        self.faults: Dict[str, List[str]] = dict(facts.pop("faults", {}))
        self.meanwhile: List[Job] = []
        self.denied: List[str] = list(facts.pop("denied", ()))
        self.strange = facts.pop("strange", False)
        self.lifetime = facts.pop("lifetime", 3600)
        self.log: Optional[str] = facts.pop("log", None)
        self.url_file: Optional[str] = facts.pop("url_file", None)
        if facts:
            raise TypeError("unknown: {0}".format(", ".join(facts)))
        self.sign: Callable[[str, bool], str] = self._sign
        self.seen: List[Seen] = []
        self.nonces: List[str] = []
        self.signatures: List[str] = []
        self.lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        return "http://127.0.0.1:{0}".format(self.server_address[1])

    def calls(self, action: str) -> List[Seen]:
        """The requests for ``action`` so far."""
        return [seen for seen in self.seen if seen.action == action]

    def _sign(self, name: str, internal: bool) -> str:
        """A download URL; none is returned twice. With ``url_file``, its current first line, for every backup."""
        if self.url_file is not None:
            with open(self.url_file) as file:
                return file.readline().strip()
        signature = secrets.token_urlsafe(20) + "="
        self.signatures.append(signature)
        query = urlencode([("Expires", int(time.time() + self.lifetime)), ("OSSAccessKeyId", "LTAIrds"), ("Signature", signature)])
        return "https://rdsbak.oss-cn-hangzhou{0}.aliyuncs.com/{1}?{2}".format("-internal" if internal else "", name, query)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close their connection."""

    def __enter__(self) -> "OpenApi":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: OpenApi

    def do_POST(self) -> None:
        """Check who asks, then do what is asked for."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            try:
                params = self.authentic(body)
                answer, status, headers = self.answered(params), 200, {}
            except Refused as refused:
                status = refused.status
                headers = {"x-acs-retry-after": str(self.server.retry_after)} if self.server.retry_after and "Throttling" in refused.code else {}
                answer = {"Code": refused.code, "Message": refused.message, "HostId": "rds.aliyuncs.com", "Recommend": "https://api.alibabacloud.com"}
        if answer is None:
            self.close_connection = True
        elif isinstance(answer, str):
            self.reply(502, "text/html", answer.encode(), {})
        else:
            answer["RequestId"] = secrets.token_hex(16).upper()
            self.reply(status, "application/json;charset=utf-8", json.dumps(answer).encode(), headers)

    def reply(self, status: int, kind: str, body: bytes, headers: Dict[str, str]) -> None:
        self.send_response(status)
        for name, value in dict(headers, **{"Content-Type": kind, "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def authentic(self, body: bytes) -> Dict[str, str]:
        """The parameters, if the request is signed with the secret of the account: ACS3-HMAC-SHA256, calculated here from what came in."""
        query = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        form = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
        given = re.match(ALGORITHM + r" Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})\Z", self.headers.get("Authorization", ""))
        if given is None:
            raise Refused(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
        key_id, listed, signature = given.groups()
        if key_id != self.server.key_id:
            raise Refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if self.headers.get("x-acs-security-token") != self.server.token:
            raise Refused(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
        signed = listed.split(";")
        unsigned = (NEEDED_HEADERS | {name.lower() for name in self.headers if name.lower().startswith("x-acs-")}) - set(signed)
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join(
            [
                "POST",
                urlsplit(self.path).path,
                "&".join("{0}={1}".format(quote(name, safe="~"), quote(value, safe="~")) for name, value in sorted(query)),
                "".join("{0}:{1}\n".format(name, (self.headers.get(name) or "").strip()) for name in signed),
                listed,
                digest,
            ]
        )
        text = "{0}\n{1}".format(ALGORITHM, hashlib.sha256(canonical.encode()).hexdigest())
        right = hmac.new(self.server.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if unsigned or signed != sorted(signed) or digest != self.headers["x-acs-content-sha256"] or not hmac.compare_digest(signature, right):
            # The real one repeats what it was to sign, with the key and the token in it.
            raise Refused(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation. Canonical request: {0!r}".format(canonical))
        if abs(calendar.timegm(time.strptime(self.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()) > 900:
            raise Refused(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        if self.headers["x-acs-signature-nonce"] in self.server.nonces:
            raise Refused(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self.server.nonces.append(self.headers["x-acs-signature-nonce"])
        return dict(query + (parse_qsl(body.decode()) if form else []))

    def answered(self, params: Dict[str, str]) -> Any:
        """The answer to an authentic request; None to hang up, a string for a page."""
        action = self.headers["x-acs-action"]
        self.server.seen.append(Seen(action, params, self.headers.get("x-acs-security-token")))
        if self.server.log:
            with open(self.server.log, "a") as log:
                log.write("{0} {1}\n".format(action, json.dumps(params, sort_keys=True)))
        if self.headers["x-acs-version"] != "2014-08-15" or not hasattr(self, "do_" + action):
            raise Refused(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
        if self.server.throttle:
            self.server.throttle -= 1
            raise Refused(400, "Throttling.User", "Request was denied due to user flow control.")
        if action in self.server.denied:
            raise Refused(403, "Forbidden.RAM", "User not authorized to operate on the specified resource, or this API doesn't support RAM.")
        pending = self.server.faults.get(action) or self.server.faults.get("any")
        fault = pending.pop(0) if pending else None
        if fault and action == "CreateBackup":
            self.server.instances[params["DBInstanceId"]].jobs += self.server.meanwhile
            self.server.meanwhile = []
        if fault == "error":
            raise Refused(500, "InternalError", "The request processing has failed due to some unknown error.")
        if fault == "page":
            return "<html><body>502 Bad Gateway</body></html>"
        if fault == "json":
            return '{"message": "no route"}'
        if fault == "drop":
            return None
        instance = self.server.instances.get(params.get("DBInstanceId", ""))
        if instance is None:
            raise Refused(404, "InvalidDBInstanceId.NotFound", "The DBInstanceId provided does not exist in our records.")
        answer = getattr(self, "do_" + action)(instance, params)
        if fault == "obey":
            return None
        if fault == "error after":
            raise Refused(500, "InternalError", "The request processing has failed due to some unknown error.")
        return swapped(answer) if self.server.strange else answer

    def do_DescribeDBInstanceAttribute(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        return {
            "Items": {
                "DBInstanceAttribute": [
                    {
                        "DBInstanceId": params["DBInstanceId"],
                        "Engine": instance.engine,
                        "EngineVersion": instance.engine_version,
                        "Category": instance.category,
                        "DBInstanceStorageType": instance.storage_type,
                        "DBInstanceStatus": "Running",
                    }
                ]
            }
        }

    def do_DescribeDatabases(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        size, page = int(params.get("PageSize", 30)), int(params.get("PageNumber", 1))
        there = instance.databases[size * (page - 1) : size * page]
        return {"Databases": {"Database": [{"DBName": name, "DBStatus": "Running", "Engine": "MySQL"} for name in there]}}

    def do_DescribeBackups(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        size, page = int(params.get("PageSize", 30)), int(params.get("PageNumber", 1))
        if size not in (30, 50, 100):
            raise Refused(400, "InvalidPageSize", "Specified page size is not valid.")
        there = []
        for backup in instance.backups:
            if backup.get("hidden"):
                backup["hidden"] -= 1
            elif params.get("BackupId") in (None, backup["BackupId"]) and in_time(backup, params):
                there.append(backup)
        there.sort(key=lambda backup: str(backup["BackupStartTime"]), reverse=True)
        shown = [self.shown(backup) for backup in there[size * (page - 1) : size * page]]
        return {"Items": {"Backup": shown}, "PageNumber": str(page), "PageRecordCount": str(len(shown)), "TotalRecordCount": str(len(there))}

    def shown(self, backup: Dict[str, Any]) -> Dict[str, Any]:
        urls = {"BackupDownloadURL": self.server.sign(backup["Name"], False), "BackupIntranetDownloadURL": self.server.sign(backup["Name"], True)}
        return {name: value for name, value in dict(urls, **backup).items() if name not in ("Name", "databases", "hidden")}

    def do_DescribeBinlogFiles(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        size, page = int(params.get("PageSize", 30)), int(params.get("PageNumber", 1))
        if not 30 <= size <= 100:
            raise Refused(400, "InvalidPageSize", "Specified page size is not valid.")
        for name in ("StartTime", "EndTime"):
            if not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", params.get(name, "")):
                raise Refused(400, "Invalid{0}.Malformed".format(name), "The Specified parameter {0} is not valid.".format(name))
        there = [each for each in instance.binlogs if params["StartTime"] <= str(each["LogBeginTime"]) <= params["EndTime"]]
        shown = [self.shown_binlog(binlog) for binlog in there[size * (page - 1) : size * page]]
        return {"Items": {"BinLogFile": shown}, "PageNumber": page, "PageRecordCount": len(shown), "TotalRecordCount": len(there)}

    def shown_binlog(self, binlog: Dict[str, Any]) -> Dict[str, Any]:
        links = {}
        if binlog["looks"]:
            binlog["looks"] -= 1
            links["RemoteStatus"] = "Uploading"
        else:
            links["DownloadLink"], links["IntranetDownloadLink"] = (self.server.sign(binlog["Name"], internal) for internal in (False, True))
            links["LinkExpiredTime"] = iso(time.time() + self.server.lifetime)
        return {name: value for name, value in dict(binlog, **links).items() if name not in ("Name", "looks")}

    def do_PurgeDBInstanceLog(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        instance.binlogs += instance.newest
        instance.newest = []
        return {}

    def do_DescribeBackupDatabase(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        for backup in instance.backups:
            if backup["BackupId"] == params.get("BackupId") and backup["databases"] is not None:
                return {"DatabaseNames": ",".join(backup["databases"])}
        raise Refused(404, "InvalidBackupId.NotFound", "The available backup does not exist in recovery time.")

    def do_CreateBackup(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        if any(job.status not in ("Finished", "Failed") for job in instance.jobs):
            raise Refused(403, "OperationDenied.BackupJobExists", "You cannot perform this operation; a backup job exists.")
        if instance.left_today <= 0:
            raise Refused(400, "BackupTimesExceeded", "Exceeding the daily backup times of this DB instance.")
        wanted = params["DBName"].split(",") if params.get("BackupStrategy") == "db" else instance.databases
        if not set(wanted) <= set(instance.databases):
            raise Refused(404, "InvalidDBName.NotFound", "The specified database does not exist.")
        instance.left_today -= 1
        job = Job(params.get("BackupMethod", "Physical"), wanted, instance.job_looks, instance.jobs_fail)
        instance.jobs.append(job)
        return {"BackupJobId": job.id}

    def do_DescribeBackupTasks(self, instance: Instance, params: Dict[str, str]) -> Dict[str, Any]:
        shown = []
        for job in instance.jobs:
            if params.get("BackupJobId") in (None, job.id):
                before, status = job.stage >= job.looks, job.status
                job.stage += 1
                if job.status == "Finished" and not before:
                    instance.backups.append(dict(job.backup, hidden=instance.hidden_looks))
                ended = status in ("Finished", "Failed")
                if instance.forgets_jobs or (ended and "BackupJobId" not in params):
                    continue
                progress = {"Process": "{0}".format(100 * min(job.stage, job.looks) // max(1, job.looks)), "BackupProgressStatus": status}
                shown.append(dict(progress, BackupJobId=job.id, BackupStatus=status, JobMode="Manual", TaskAction="TempBackupTask"))
                if status == "Finished":
                    shown[-1]["BackupId"] = job.backup["BackupId"]
        return {"Items": {"BackupJob": shown}}

    def log_message(self, format: str, *args: Any) -> None:
        """A log would contain secrets."""


def iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def in_time(backup: Dict[str, Any], params: Dict[str, str]) -> bool:
    """Whether the backup was begun between StartTime and EndTime, which have minutes and no seconds."""
    for name in ("StartTime", "EndTime"):
        if name in params and not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ\Z", params[name]):
            raise Refused(400, "Invalid{0}.Malformed".format(name), "The Specified parameter {0} is not valid.".format(name))
    minute = str(backup["BackupStartTime"])[:16] + "Z"
    return params.get("StartTime", "") <= minute <= params.get("EndTime", "~")


def swapped(answer: Any) -> Any:
    """The same with numbers as strings and strings of digits as numbers; a list of one as its element, an empty one as an empty string."""
    if isinstance(answer, dict):
        return {name: swapped(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return swapped(answer[0]) if len(answer) == 1 else [swapped(item) for item in answer] or ""
    if isinstance(answer, int):
        return str(answer)
    if isinstance(answer, str) and re.match(r"\d+(\.\d+)?\Z", answer):
        return float(answer) if "." in answer else int(answer)
    return answer


def main(arguments: List[str]) -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="The RDS OpenAPI on loopback.")
    for name in ("scenario", "endpoint-file", "pid-file", "log"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--idle", type=float, default=0, help="end by itself after so many seconds; 0: never")
    options = parser.parse_args(arguments)
    with open(options.scenario) as file:
        scenario = json.load(file)
    instances = {name: Instance(**facts) for name, facts in scenario.pop("instances").items()}
    server = OpenApi(instances, log=options.log, **scenario)
    signal.signal(signal.SIGTERM, lambda *_ignored: sys.exit(0))
    if options.idle:
        signal.signal(signal.SIGALRM, lambda *_ignored: sys.exit(0))
        signal.setitimer(signal.ITIMER_REAL, options.idle)
    for path, content in ((options.pid_file, str(os.getpid())), (options.endpoint_file, server.endpoint)):
        with open(path + ".new", "w") as file:
            file.write(content)
        os.replace(path + ".new", path)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
