# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cures for error numbers of the server, for errors that reach the user unchanged."""

ERROR_CURES = {
    1010: "The database's directory contains a file that does not belong to a table, or that a crash left behind: remove it, then run the task again.",
    1033: "A crash of the server left an incomplete .frm file of the table: move it out of the database's directory and keep it, then run the task again.",
    1044: "Grant the account ALL on the database, or use another account.",
    1045: "Set login_user to the name of the account and set login_password to its password.",
    1049: "Check the name of the database.",
    1130: (
        "The server accepts no connection from this host: check the host part of the account. With skip_name_resolve, an account at localhost "
        "can use only the socket: set login_unix_socket to its path."
    ),
    1142: "Grant the account the privilege that the message names.",
    1153: "Raise max_allowed_packet on the server.",
    1205: "Another session holds the lock: see SHOW PROCESSLIST.",
    1227: "Grant the account the privilege that the message names, or choose options that do not need it.",
    1290: "The server was started with an option that forbids this; check read_only.",
    1370: "Grant the account the privilege that the message names.",
    1419: "Grant SUPER, or SET GLOBAL log_bin_trust_function_creators = 1. Turning off the binary log for the session does not avoid this.",
    1435: (
        "A table with triggers cannot be moved to another database, and without the privilege TRIGGER they are invisible: grant it to the account on the "
        "database, or drop the triggers; then run the task again."
    ),
    1449: "Create the account, or import with definer: current.",
    1813: "A crash of the server left an unused file of this table: move it out of the database's directory and keep it, then run the task again.",
    2002: "Check that the server is running, and set login_unix_socket to the path of its socket.",
    2003: "Check that the server is running. Set login_host to its address and set login_port to its port, or set login_unix_socket to the path of its socket.",
    2006: "The server closed the connection: see its error log. The next run continues from here.",
    2013: "The server closed the connection: see its error log. The next run continues from here.",
    2055: "The server closed the connection: see its error log. The next run continues from here.",
    3185: "The backup's tables are encrypted: set up a keyring on the server, or import with encryption: strip.",
}
