# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.api_client import ApiError
from ansible_collections.apsaradb.mysql.tests.support.accounts import ID, Account
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, Job, made


@pytest.mark.parametrize("strange", [False, True])
def test_a_backup_is_made_and_waited_for(account: Account, strange: bool) -> None:
    account.server.strange = strange
    account.instance.backups = [made(age=90000), made(age=60, BackupMethod="Physical")]
    account.instance.job_looks, account.instance.hidden_looks = 4, 2
    told = account.create()
    assert told["changed"] is True
    assert told["backup"]["id"] == account.instance.jobs[0].backup["BackupId"]
    # Each answer of RDS has different links.
    of_links = {name: told["backup"][name] for name in ("download_url", "internal_url", "url_expires_at")}
    assert told["backup"] == dict(account.info()["backups"][0], **of_links)
    assert all(of_links.values())
    assert told["job_id"] == account.instance.jobs[0].id
    assert [seen.params for seen in account.server.calls("CreateBackup")] == [{"DBInstanceId": ID, "BackupMethod": "Logical", "BackupStrategy": "instance"}]
    # While the job runs, the backups are not listed.
    assert len(account.server.calls("DescribeBackupTasks")) >= 5


def test_progress_is_that_of_the_job(account: Account) -> None:
    account.instance.job_looks = 4
    account.create()
    assert account.progress.subject == ID
    assert account.progress.phases == [("backup in RDS", [25, 50, 75, 100])]


def test_progress_of_another_job_that_is_waited_for_is_reported_too(account: Account) -> None:
    account.instance.jobs = [Job(databases=["shop", "crm"], looks=6)]
    account.create()
    # Two looks come first, before and after the request for a backup.
    assert account.progress.phases == [("another backup in RDS", [50, 66, 83, 100])]


@pytest.mark.parametrize("strange", [False, True])
def test_the_second_run_makes_none(account: Account, strange: bool) -> None:
    account.server.strange = strange
    first = account.create()
    second = account.create()
    assert second["changed"] is False
    assert second["backup"]["id"] == first["backup"]["id"]
    assert second["job_id"] is None
    assert len(account.server.calls("CreateBackup")) == 1


@pytest.mark.parametrize(
    ("age", "max_age", "changed"),
    [(3500, "1h", False), (3700, "1h", True), (3500, "3600", False), (86000, "1d", False), (87000, "1d", True), (1, "0", True)],
)
def test_how_old_a_backup_may_be(account: Account, age: float, max_age: str, changed: bool) -> None:
    account.instance.backups = [made(age=age)]
    assert account.create(max_age=max_age, check=True)["changed"] is changed


@pytest.mark.parametrize(
    ("held", "wanted", "changed"),
    [
        (["shop", "crm"], None, False),
        (["shop"], None, True),
        (["shop"], ["shop"], False),
        (["shop", "crm"], ["shop"], False),
        (["shop"], ["shop", "crm"], True),
        (["crm"], ["shop"], True),
        (None, None, False),
        (None, ["shop"], True),
        (["shop"], [], True),
    ],
)
def test_the_backup_must_hold_the_databases(account: Account, held: Any, wanted: Any, changed: bool) -> None:
    account.instance.backups = [made(age=60, databases=held)]
    assert account.create(databases=wanted, check=True)["changed"] is changed
    assert len(account.warnings) == (held is None and wanted is None)


def test_an_older_backup_with_these_databases_is_enough(account: Account) -> None:
    account.instance.backups = [made(age=60, databases=["crm"]), made(age=600, databases=["shop"])]
    assert account.create(databases=["shop"])["backup"]["id"] == account.instance.backups[1]["BackupId"]


def test_databases_that_may_not_be_asked_for(account: Account) -> None:
    account.server.denied = ["DescribeDatabases"]
    account.instance.backups = [made(age=60, databases=["crm"])]
    assert account.create()["changed"] is False
    assert "rds:DescribeDatabases" in account.warnings[0]


def test_a_backup_of_some_databases(account: Account) -> None:
    told = account.create(databases=["crm"])
    assert told["backup"]["databases"] == ["crm"]
    assert account.server.calls("CreateBackup")[0].params["BackupStrategy"] == "db"
    assert account.server.calls("CreateBackup")[0].params["DBName"] == "crm"


def test_check_mode_makes_none(account: Account) -> None:
    told = account.create(check=True)
    assert told == {"changed": True, "backup": None, "job_id": None, "instance": {"id": ID}}
    assert account.instance.jobs == []
    account.create()
    assert account.create(check=True)["changed"] is False


def test_not_waiting(account: Account) -> None:
    told = account.create(wait=False)
    assert told == {"changed": True, "backup": None, "job_id": account.instance.jobs[0].id, "instance": {"id": ID}}
    told = account.create(wait=False)
    assert told == {"changed": False, "backup": None, "job_id": account.instance.jobs[0].id, "instance": {"id": ID}}
    assert "already" in account.warnings[0]


@pytest.mark.parametrize("hidden_looks", [0, 4])
def test_a_backup_that_is_being_made_already_is_waited_for(account: Account, hidden_looks: int) -> None:
    account.instance.jobs = [Job(databases=["shop", "crm"], looks=5)]
    account.instance.hidden_looks = hidden_looks
    told = account.create()
    assert told["changed"] is False
    assert told["backup"]["id"] == account.instance.jobs[0].backup["BackupId"]
    assert len(account.instance.jobs) == 1


@pytest.mark.parametrize("running", [{"method": "Physical"}, {"databases": ["crm"]}, {"databases": ["shop", "crm"], "fails": True}])
def test_another_backup_is_created_if_the_running_one_does_not_suffice(account: Account, running: Dict[str, Any]) -> None:
    account.instance.jobs = [Job(**running)]
    told = account.create()
    assert told["changed"] is True
    assert told["backup"]["id"] == account.instance.jobs[1].backup["BackupId"]
    assert len(account.instance.jobs) == 2


@pytest.mark.parametrize("fault", ["obey", "error after"])
@pytest.mark.parametrize("max_age", ["0", "1d"])
def test_an_answer_that_is_lost_is_no_second_backup(account: Account, fault: str, max_age: str) -> None:
    account.server.faults["CreateBackup"] = [fault]
    told = account.create(max_age=max_age)
    assert told["changed"] is True
    assert told["job_id"] == account.instance.jobs[0].id
    assert told["backup"]["id"] == account.instance.jobs[0].backup["BackupId"]
    assert len(account.instance.jobs) == 1


@pytest.mark.parametrize("running", [{"databases": ["crm"]}, {"databases": ["shop", "crm"]}, {"method": "Physical"}])
def test_a_running_job_is_not_that_of_a_request_that_was_lost(account: Account, running: Dict[str, Any]) -> None:
    account.instance.jobs = [Job(looks=5, **running)]
    account.server.faults["CreateBackup"] = ["drop"]
    told = account.create(max_age="0", databases=["shop"])
    assert told["job_id"] == account.instance.jobs[1].id and told["backup"]["databases"] == ["shop"] and told["changed"] is True
    assert len(account.instance.jobs) == 2


@pytest.mark.parametrize("running", [{"databases": ["crm"]}, {"method": "Physical"}, {"databases": ["shop"], "fails": True}])
@pytest.mark.parametrize("databases", [["shop"], None])
def test_a_job_that_begins_when_a_request_is_lost_must_suffice(account: Account, running: Dict[str, Any], databases: Any) -> None:
    account.server.meanwhile = [Job(looks=3, **running)]
    account.server.faults["CreateBackup"] = ["drop"]
    told = account.create(databases=databases)
    assert told["job_id"] == account.instance.jobs[1].id and set(told["backup"]["databases"]) >= {"shop"} and told["changed"] is True


def test_databases_that_rds_does_not_report_are_those_of_the_request(account: Account) -> None:
    account.server.faults["CreateBackup"] = ["obey"]
    account.server.denied = ["DescribeBackupDatabase"]
    assert account.create(max_age="0", databases=["shop"])["changed"] is True
    account.server.faults["CreateBackup"] = ["obey"]
    account.server.denied = ["DescribeDatabases"]
    assert account.create(max_age="0")["changed"] is True
    assert len(account.instance.jobs) == 2


def test_a_job_that_rds_forgets(account: Account) -> None:
    account.instance.backups = [made(age=90000)]
    account.instance.forgets_jobs = True
    account.instance.job_looks = 3
    told = account.create()
    assert told["backup"]["id"] == account.instance.jobs[0].backup["BackupId"]


def test_a_job_that_fails(account: Account) -> None:
    account.instance.jobs_fail = True
    with pytest.raises(Failure, match="failed.*job 5") as caught:
        account.create()
    assert caught.value.facts["job_id"] == account.instance.jobs[0].id


def test_a_job_that_takes_too_long_is_taken_up_again(account: Account) -> None:
    account.instance.job_looks = 10**6
    with pytest.raises(Failure, match=r"not complete in time \(job \d+, (NoStart|Checking|Preparing|Uploading) 0 %\).*larger timeout") as caught:
        account.create(timeout=0.2)
    assert caught.value.facts["job_id"] == account.instance.jobs[0].id
    account.instance.jobs[0].looks = account.instance.jobs[0].stage + 3
    told = account.create()
    assert told["changed"] is False
    assert len(account.server.calls("CreateBackup")) == 2
    assert len(account.instance.jobs) == 1


def test_waiting_for_the_job_of_another_ends_too(account: Account) -> None:
    account.instance.jobs = [Job(looks=10**6)]
    with pytest.raises(Failure, match="not complete in time"):
        account.create(timeout=0.2)


def test_a_job_of_another_caller_that_is_not_listed(account: Account) -> None:
    """RDS says that a job exists, and shows none: it is asked again, but not without a pause, and not for ever."""
    account.instance.jobs = [Job(looks=10**6)]
    account.instance.forgets_jobs = True
    with pytest.raises(Failure, match="not complete in time"):
        account.create(timeout=0.2, poll_interval=0.05)
    assert len(account.server.calls("CreateBackup")) <= 5


def test_a_backup_that_never_appears(account: Account) -> None:
    account.instance.hidden_looks = 10**6
    with pytest.raises(Failure, match=r"not complete in time \(job \d+, Finished 100 %\)"):
        # Long enough for two calls on a busy machine.
        account.create(timeout=2)


def test_too_many_backups_today(account: Account) -> None:
    account.instance.left_today = 0
    with pytest.raises(ApiError, match="BackupTimesExceeded.*at most 20 backups.*larger max_age"):
        account.create()


@pytest.mark.parametrize("check", [False, True])
def test_an_instance_of_which_no_logical_backup_is_made(account: Account, check: bool) -> None:
    account.server.instances[ID] = Instance(category="Basic", engine_version="8.4")
    with pytest.raises(Failure, match="makes no logical backups of rm-.*version is 8.4.*edition is Basic") as caught:
        account.create(check=check)
    assert len(caught.value.facts["reasons"]) == 2
    assert account.server.calls("CreateBackup") == []


def test_a_backup_that_is_there_is_good_whatever_the_instance_is_now(account: Account) -> None:
    account.server.instances[ID] = Instance(category="Basic", backups=[{"age": 60}])
    assert account.create()["changed"] is False


def test_a_database_that_is_not_there(account: Account) -> None:
    with pytest.raises(ApiError, match="InvalidDBName.NotFound.*Check databases"):
        account.create(databases=["other"])


@pytest.mark.parametrize("given", [{"timeout": 0}, {"poll_interval": 0}, {"max_age": "soon"}, {"databases": ["a,b"]}, {"databases": [" "]}])
def test_options_that_are_refused_before_anything_is_asked(account: Account, given: Dict[str, Any]) -> None:
    with pytest.raises(Failure):
        account.create(**given)
    assert account.server.seen == []


def test_throttling_while_waiting(account: Account) -> None:
    account.server.throttle = 2
    account.server.faults["DescribeBackupTasks"] = ["drop", "page", "error"]
    account.pace = account.pace._replace(tries=6, silent=4)
    assert account.create()["changed"] is True
