# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the README shows works with the installed tarball alone."""

import json
import re
import tarfile

from ansible_collections.apsaradb.mysql.tests.installed.conftest import PASSWORD, ROWS, TARBALL, Shop, User, account_of_the_docs

LARGEST = 1_500_000
# What no user of the collection needs.
UNWANTED = re.compile(r"(tests|changelogs/fragments)/|Makefile$|pyproject\.toml$|noxfile|antsibull-nox|.*(__pycache__|\.pyc$|\.tar\.gz$)|\.")


def test_the_tarball_holds_what_users_need() -> None:
    with tarfile.open(TARBALL) as archive:
        names = [member.name for member in archive if member.isfile()]
        readme = archive.extractfile("README.md")
        assert readme is not None
        links = {link for link in re.findall(r"\]\(([^)#]+)\)", readme.read().decode()) if "://" not in link}
    assert [name for name in names if UNWANTED.match(name)] == []
    assert sorted(links - set(names)) == []
    assert TARBALL.stat().st_size < LARGEST


def test_every_plugin_is_documented_without_a_warning(user: User) -> None:
    for kind in ("module", "filter"):
        listed = json.loads(user.run("ansible-doc", "--type", kind, "--list", "--json", "apsaradb.mysql").stdout)
        assert {path.stem for path in (user.collection / "plugins" / {"module": "modules"}.get(kind, kind)).glob("[!_]*.py")} == {
            name.rpartition(".")[2] for name in listed
        }
        shown = user.run("ansible-doc", "--type", kind, *listed)
        assert shown.stderr == "" and len(shown.stdout.splitlines()) > 100 * len(listed) / 2
    for role in ("restore", "sandbox"):
        assert "restore_login_user" in user.run("ansible-doc", "--type", "role", f"apsaradb.mysql.{role}").stdout or role == "sandbox"


def test_demo(user: User) -> None:
    output = user.play("demo")
    assert "ERROR 3546" in output and re.search(r"restore-again +: ok=\d+ +changed=0 .* failed=0", output)


def test_command_of_the_readme_with_the_account_of_the_docs(user: User, shop: Shop) -> None:
    shop.query(account_of_the_docs("shop"))
    shop.query("DROP DATABASE shop")
    blocks = re.findall(r"```\n(.*?)```", (user.collection / "README.md").read_text(encoding="utf-8"), re.S)
    command = next(line for block in blocks for line in block.splitlines() if "ansible-playbook -i inventory" in line)
    variables = next(block for block in blocks if block.startswith("# restore.yml"))
    (user.work / "restore.yml").write_text(f"{variables}restore_login_unix_socket: {shop.server['socket']}\n", encoding="utf-8")
    (user.work / "inventory").write_text("localhost ansible_connection=local\n", encoding="utf-8")
    words = ["sh", "-c", command.replace("'https://...'", f"'{shop.url}'")]
    # The server writes a binary log, and the backup has a trigger: what has to be done is found before the download.
    cure = "SET GLOBAL log_bin_trust_function_creators = 1"
    output = user.run(*words, fails=True, RESTORE_PASSWORD=PASSWORD).stdout
    assert "The restore would fail: with the binary log on" in output and f"(database shop): {cure}, or grant SUPER. Nothing was changed." in output
    shop.query(cure)
    for changed in ("changed=[1-9]", "changed=0"):
        output = user.run(*words, RESTORE_PASSWORD=PASSWORD).stdout
        assert re.search(rf"localhost +: ok=\d+ +{changed}.* failed=0", output), output
        assert PASSWORD not in output and "Signature" not in output
    assert shop.query("SELECT COUNT(*) FROM shop.orders") == ROWS


def test_drill(user: User, shop: Shop) -> None:
    output = user.play("drill", URL=shop.url)
    assert "Yes. The report" in output and len(list((user.work / "drill-report").glob("drill*.html"))) == 1
    assert [path.name for path in (user.home / ".cache/apsaradb-mysql").glob("drill/*")] == []


def test_provision_twice(user: User, shop: Shop) -> None:
    first, second = (user.play("provision", "-e", f"provision_path={user.work}/{name}", URL=shop.url) for name in ("one", "two"))
    assert "TASK [Fetch the backup]" in first and "TASK [Fetch the backup]" not in second
    counts = {user.run(f"{user.work}/{name}/mysql", "-BN", "-e", "SELECT COUNT(*) FROM shop.orders").stdout for name in ("one", "two")}
    assert counts == {ROWS + "\n"}
    for name in ("one", "two"):
        user.play("provision", "-e", f"provision_path={user.work}/{name}", "-e", "provision_state=absent", URL=shop.url)


def test_any_mysqldump_file_opens_without_a_word_about_its_database(user: User, shop: Shop) -> None:
    output = user.play("restore_here", URL=str(shop.dump))
    connect = re.findall(r"Connect: +(\S+) shop", output)
    assert user.run(connect[0], "-BN", "-e", "SELECT COUNT(*) FROM shop.orders").stdout.strip() == ROWS
