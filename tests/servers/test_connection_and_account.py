# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections, versions, grants, accounts, existing objects and GTID sets on real servers."""

import random
import ssl

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.privileges import check_definers
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.created import created_tables
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.keys import foreign_keys_of, keys_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import accounts_of, grants_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import LOST, Login, ServerError, connect
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import (
    Inventory,
    character_set_clause,
    existing_in,
    referring_databases,
    table_in,
    tables_and_views,
    with_columns,
    with_marks,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import variable, variables, version_of
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, subjects
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B, as_text

ACCOUNT = "room_account"


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    drop_account(entry)
    control = databases.connection(entry)
    for host in "localhost", "127.0.0.1":
        control.run("CREATE USER {0}@`{1}` IDENTIFIED BY 'sécret'".format(ACCOUNT, host))
        control.run("GRANT ALL ON `room\\_%`.* TO {0}@`{1}`".format(ACCOUNT, host))
        control.run("GRANT SELECT, REPLICATION CLIENT ON *.* TO {0}@`{1}`".format(ACCOUNT, host))
    control.close()
    yield entry
    drop_account(entry)


def drop_account(entry):
    control = databases.connection(entry)
    for (host,) in control.rows("SELECT Host FROM mysql.user WHERE User = %s", (ACCOUNT,)):
        control.run("DROP USER {0}@`{1}`".format(ACCOUNT, host))
    control.close()


def logins(entry):
    return [
        Login(user=ACCOUNT, password="sécret", unix_socket=entry["socket"]),
        Login(user=ACCOUNT, password="sécret", host="127.0.0.1", port=entry["port"]),
    ]


def test_certificates_of_the_system_are_not_read_for_a_server_that_is_not_authenticated(entry, monkeypatch):
    def read(*_arguments):
        raise AssertionError("this takes longer than the connection")

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", read)
    for login in logins(entry):
        connect(login).close()


def test_the_certificate_that_a_server_made_for_itself_authenticates_it(entry):
    by_tcp = logins(entry)[1]
    probe = databases.connection(entry)
    datadir = probe.value("SELECT @@datadir")
    if entry["name"] == "5.6":
        # It makes none.
        assert not probe.value("SELECT @@ssl_ca")
    else:
        connection = connect(by_tcp._replace(ca_cert=datadir + "ca.pem"))
        assert connection.rows("SHOW SESSION STATUS LIKE 'Ssl_version'")[0][1].startswith("TLS")
        connection.close()
    probe.close()


def test_login_by_socket_and_by_tcp(entry):
    for login in logins(entry):
        connection = connect(login)
        assert connection.value("SELECT CURRENT_USER()").startswith(ACCOUNT) and connection.value("SELECT @@autocommit") == 1
        assert connection.value("SELECT @@character_set_client") == "utf8mb4"
        connection.close()
        connection.close()


def test_a_wrong_password_is_not_in_the_error(entry):
    for login in logins(entry):
        with pytest.raises(ServerError, match="1045.*Set login_user .* set login_password") as caught:
            connect(login._replace(password="another sécret"))
        assert caught.value.code == 1045 and "sécret" not in str(caught.value)


def test_no_server(entry, tmp_path):
    with pytest.raises(ServerError, match="login_unix_socket") as caught:
        connect(Login(unix_socket=str(tmp_path / "none")))
    assert caught.value.code == 2002
    with pytest.raises(ServerError, match="Set login_host .* set login_port") as caught:
        connect(Login(host="127.0.0.1", port=1))
    assert caught.value.code == 2003
    with pytest.raises(ServerError, match="login_host"):
        connect(Login(host="no-such-host.invalid", port=1))


def test_a_server_that_is_not_mysql(entry):
    import socket
    import threading

    listening = socket.create_server(("127.0.0.1", 0))

    def answer():
        other = listening.accept()[0]
        other.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        other.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    with pytest.raises(ServerError):
        connect(Login(host="127.0.0.1", port=listening.getsockname()[1], connect_timeout=5))
    thread.join(10)
    listening.close()


def test_a_configuration_file(entry, tmp_path):
    path = tmp_path / "my.cnf"
    path.write_text('[client]\nuser={0}\npassword="from the file"\n'.format(ACCOUNT))
    login = Login(unix_socket=entry["socket"], config_file=str(path))
    with pytest.raises(ServerError, match="Access denied for user '{0}'".format(ACCOUNT)):
        connect(login)
    path.write_text("[client]\nuser=root\n")
    connection = connect(login)
    assert connection.value("SELECT CURRENT_USER()").startswith("root@")
    connection.close()
    # A missing file is not an error: the option has a default.
    connect(databases.login(entry, config_file=str(tmp_path / "none.cnf"))).close()


def test_version_and_variables(entry):
    connection = connect(logins(entry)[0])
    version = version_of(connection)
    assert entry["version"].startswith(version.series + ".") and entry["version"] in version.text and not version.mariadb
    assert variable(connection, "no_such_variable") is None and variable(connection, "logxbin") is None
    assert variable(connection, "log_bin") == variables(connection)["log_bin"] == "ON"
    connection.close()


def test_grants(entry):
    connection = connect(logins(entry)[0])
    grants = grants_of(connection)
    assert grants.has("CREATE", "room_x") and grants.has("TRIGGER", "room_") and not grants.has("CREATE", "roomyx") and not grants.has("CREATE", "other")
    assert grants.has("SELECT", "other") and grants.has("REPLICATION CLIENT") and not grants.has("SUPER") and not grants.has("SYSTEM_VARIABLES_ADMIN")
    connection.close()
    root = databases.connection(entry)
    found = grants_of(root)
    assert found.has("SUPER") and found.has("CREATE", "anything")
    assert entry["name"] != "9.7" or found.has("SET_ANY_DEFINER")
    root.close()


def test_grants_of_a_role():
    entry = fixtures.server("9.7")
    control = databases.connection(entry)
    try:
        control.run("CREATE ROLE room_role")
        control.run("GRANT ALL ON room_only.* TO room_role")
        control.run("CREATE USER room_member@localhost DEFAULT ROLE room_role")
        connection = connect(Login(user="room_member", unix_socket=entry["socket"]))
        assert grants_of(connection).has("CREATE", "room_only") and not grants_of(connection).has("CREATE", "room_other")
        connection.run("SET ROLE NONE")
        assert not grants_of(connection).has("CREATE", "room_only")
        connection.close()
    finally:
        control.run("DROP ROLE IF EXISTS room_role")
        control.run("DROP USER IF EXISTS room_member@localhost")
        control.close()


def test_errors_have_their_number_and_the_connection_stays_usable(entry):
    connection = connect(logins(entry)[0])
    for sql, code in ("SELEC", 1064), (b"SELECT \xff\xfe", None), ("CREATE DATABASE forbidden_room", 1044), ("INSERT INTO mysql.user VALUES ()", 1142):
        with pytest.raises(ServerError) as caught:
            connection.run(sql)
        assert code is None or caught.value.code == code
    assert connection.value("SELECT %s", ("it's; \\ ",)) == "it's; \\ "
    connection.close()


def test_warnings_are_counted_and_listed(entry):
    connection = databases.connection(entry)
    connection.run("SET sql_mode = ''")
    connection.run("SELECT CAST('12x' AS SIGNED), CAST('1y' AS SIGNED)")
    assert connection.warning_count() == 2 and connection.warning_count() == 2
    assert [warning.partition(":")[0] for warning in connection.warnings()] == ["Warning 1292", "Warning 1292"] and len(connection.warnings(1)) == 1
    connection.run("SELECT 1 FROM mysql.user")  # 5.6 clears its list only for a statement with a table
    assert connection.warning_count() == 0 and connection.warnings() == []
    connection.close()


def kill(entry, connection):
    number = connection.value("SELECT CONNECTION_ID()")
    root = databases.connection(entry)
    root.run("KILL {0}".format(number))
    root.close()


def test_a_connection_that_breaks(entry):
    connection = connect(logins(entry)[0])
    kill(entry, connection)
    with pytest.raises(ServerError, match="next run continues|closed"):
        connection.run("SELECT 1")
    connection.close()


def test_accounts_are_unknown_without_the_privilege_and_an_error_without_a_connection(entry):
    root = databases.connection(entry)
    assert {ACCOUNT + "@localhost", "root@localhost"} <= accounts_of(root)
    root.run("CREATE USER room_blind@localhost")
    try:
        blind = connect(Login(user="room_blind", unix_socket=entry["socket"]))
        assert accounts_of(blind) is None
        kill(entry, blind)
        with pytest.raises(ServerError) as caught:
            accounts_of(blind)
        assert caught.value.code in LOST
        definer = subjects.subject(b"CREATE DEFINER=`nobody`@`nowhere` PROCEDURE `p`() SELECT 1;\n")
        assert subjects.kinds(check_definers(definer._replace(connection=root))) == ["definer_lost"]
        kill(entry, root)
        with pytest.raises(ServerError):
            check_definers(definer._replace(connection=root))
    finally:
        databases.run(entry, b"DROP USER room_blind@localhost;")


def test_what_exists_in_a_database(entry):
    databases.drop(entry, "room_full")
    root = databases.connection(entry)
    assert not existing_in(root, "room_full").exists
    root.run("CREATE DATABASE room_full CHARACTER SET latin1")
    root.use(b"room_full")
    assert existing_in(root, "room_full") == Inventory((), (), existing_in(root, "mysql").folds_case)
    for sql in (
        "CREATE TABLE a (id INT PRIMARY KEY, t VARCHAR(5)) ENGINE=InnoDB",
        "CREATE TABLE ignored (id INT) ENGINE=MyISAM",
        "CREATE SQL SECURITY INVOKER VIEW v AS SELECT id FROM a",
        "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET NEW.id = 1",
        "CREATE PROCEDURE `P q`() SELECT 1",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE EVENT e1 ON SCHEDULE AT '2037-01-01 00:00:00' DO SELECT 1",
        "CREATE EVENT e2 ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO SELECT 1",
    ):
        root.run(sql)
    found = existing_in(root, "room_full", frozenset(("ignored",)))
    assert found.engines == {"a": "InnoDB"} and existing_in(root, "room_full").engines == {"a": "InnoDB", "ignored": "MyISAM"}
    assert found.names == ["a", "v", "function f", "procedure P q", "e1", "e2"] and found.keys - found.lasting_keys == {("EVENT", "e1")}
    assert {(made.kind, made.name): (made.as_definer, made.table) for made in found.objects if made.kind in ("views", "triggers")} == {
        ("views", "v"): (False, None),
        ("triggers", "g"): (True, "a"),
    }
    assert all(made.definer == "root@localhost" for made in found.objects)
    columns = with_columns(root, "room_full", found).tables[0].columns
    assert [(column.name, column.type, column.charset) for column in columns] == [("id", "int", None), ("t", "varchar", "latin1")]
    assert character_set_clause(root, "room_full").startswith("CHARACTER SET `latin1` COLLATE `latin1_") and referring_databases(root, "room_full") == []
    root.close()
    databases.drop(entry, "room_full")


@pytest.mark.parametrize("charset", ["utf8", "latin1", "binary"])
def test_a_table_that_takes_the_place_of_another_has_other_numbers(entry, charset):
    names = ["plain", "t#1", "with space", "Parted", "u#P#v"] + ["größe"] * (entry["name"] == "9.7")
    control = databases.connection(entry)
    try:
        control.run("SET NAMES utf8")
        for database in "room-marks", "room-marks0", "Room-Marks":
            control.run("DROP DATABASE IF EXISTS `{0}`".format(database))
            control.run("CREATE DATABASE `{0}`".format(database))
            for name in names:
                parts = " PARTITION BY HASH (a) PARTITIONS 3" if name == "Parted" else ""
                control.run("CREATE TABLE `{0}`.`{1}` (a int PRIMARY KEY) ENGINE=InnoDB{2}".format(database, name, parts))
        tables, _views = tables_and_views(control, "room-marks")

        def numbers():
            return {table.name: table.ids for table in with_marks(control, "room-marks", tables)}

        before = numbers()
        assert sorted(before) == sorted(names) and len(set(before.values())) == len(names) and "-" not in before.values()
        assert len(before["Parted"].split(",")) == 3
        # A single table is looked for in the session of the dump.
        control.run("SET NAMES {0}".format(charset))
        assert {name: table_in(control, "room-marks", name).ids for name in names} == before
        control.run("SET NAMES utf8")
        control.run("DROP TABLE `room-marks`.`t#1`, `room-marks0`.plain, `Room-Marks`.plain")
        control.run("CREATE TABLE `room-marks`.`t#1` (a int PRIMARY KEY) ENGINE=InnoDB")
        assert {name for name, number in numbers().items() if number != before[name]} == {"t#1"}
    finally:
        control.run("DROP DATABASE IF EXISTS `room-marks`")
        control.run("DROP DATABASE IF EXISTS `room-marks0`")
        control.run("DROP DATABASE IF EXISTS `Room-Marks`")
        control.close()


def test_gtid_arithmetic_agrees_with_the_server():
    control = databases.connection(fixtures.server("9.7"))
    made = random.Random(5)

    def one():
        return as_text([(made.choice([A, B, A + ":tag", A + ":_t2"]), made.randint(1, 40), made.randint(0, 9)) for _number in range(made.randint(0, 6))])

    for _number in range(200):
        first, second = one(), one()
        ours = GtidSet.parse(first), GtidSet.parse(second)
        difference, subset = control.rows("SELECT GTID_SUBTRACT(%s, %s), GTID_SUBSET(%s, %s)", (first, second, first, second))[0]
        assert GtidSet.parse(difference) == ours[0].subtract(ours[1]) and bool(subset) == ours[0].within(ours[1])
        # The server reads our text as the same set.
        assert control.value("SELECT GTID_SUBTRACT(%s, '')", (str(ours[0]),)) == control.value("SELECT GTID_SUBTRACT(%s, '')", (first,))
    control.close()


def test_names_are_text_in_a_session_with_the_character_set_binary(entry):
    """A dump can set it, and a loader that resumes asks on the same connection which keys exist."""
    control = databases.connection(entry)
    control.run("DROP DATABASE IF EXISTS room_binary")
    control.run("CREATE DATABASE room_binary")
    control.use(b"room_binary")
    control.run("CREATE TABLE p (a INT PRIMARY KEY) ENGINE=InnoDB")
    control.run("CREATE TABLE t (a INT PRIMARY KEY, b INT, KEY kb (b), CONSTRAINT fk FOREIGN KEY (b) REFERENCES p (a)) ENGINE=InnoDB")
    before = created_tables(control, "room_binary"), table_in(control, "room_binary", "t")
    control.run("SET NAMES binary")
    assert (created_tables(control, "room_binary"), table_in(control, "room_binary", "t")) == before
    assert (keys_of(control, "room_binary", b"t"), foreign_keys_of(control, "room_binary", b"t")) == ({b"PRIMARY", b"kb"}, {b"fk"})
    control.run("DROP DATABASE room_binary")
    control.close()
