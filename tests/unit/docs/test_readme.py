# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every claim of README.md has a test or a benchmark, and it names every module, role, playbook and page, and no others."""

import re
from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.tests.unit.docs.test_vendor_guide import proves

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FLAT = " ".join(TEXT.split())
SERVERS, UNITS = "tests/servers/test_", "tests/unit/plugins/module_utils/"
PLAYBOOKS = "tests/integration/targets/playbooks"

# Claims word for word, each with its test, or with the command that measures it.
CLAIMS = {
    "The restore runs in parallel,": ("docs/speed.md", "cores busy"),
    "compares the row count of every table with the backup,": (SERVERS + "restore_verify.py", "test_a_row_is_missing"),
    "and changes nothing when you run it again.": (SERVERS + "import_again.py", "test_a_second_run_changes_nothing"),
    "back up a small shop, serve the backup as OSS would, restore it into another server, verify it": (
        PLAYBOOKS, "Check that it showed the guide's error, the restore, and a second run without changes",
    ),
    "write only to `.cache/`": ("tests/unit/tools/test_machine.py", "test_ansible_writes_below_the_cache_alone"),
    "Open your own backup in a private server on this machine:": (PLAYBOOKS, "Check that it is open and was restored once"),
    "It is read from the environment, because every user of a machine can read its command lines.": (
        "tests/unit/docs/test_command_lines.py", "test_make_warns_of_a_url_among_its_arguments_and_does_not_repeat_it",
    ),
    "data that is already there is not fetched,": (UNITS + "_transfer/test_fetch.py", "test_second_run_costs_one_probe"),
    "an incomplete file never has its final name.": (UNITS + "_backup/test_extract.py", "test_a_disk_that_runs_full_leaves_nothing_half"),
    "On a server with GTIDs, the vendor's procedure stops at its second file with ERROR 3546 or 1840.": (
        SERVERS + "import_gtid.py", "test_the_guides_procedure_fails_with_the_documented_errors",
    ),
    "This collection leaves `GTID_PURGED` out (`strip`) unless you choose otherwise.": (SERVERS + "import_gtid.py", "test_strip_leaves_the_history_unchanged"),
    "This collection creates triggers after the rows.": (
        SERVERS + "import_round_trip.py", "test_triggers_and_events_in_both_files_are_created_once_after_the_rows",
    ),
    "This collection parses statements.": (SERVERS + "import_round_trip.py", "test_one_file"),
    "The `mysql` client loads a truncated file without an error. This collection refuses it.": (SERVERS + "import_bad_input.py", "test_a_cut_dump"),
    "with two cores one large database on MySQL 9.7 takes less than a third of the time ([docs/speed.md](docs/speed.md)).": (
        "docs/speed.md", "`make bench` runs three rounds",
    ),
    "physical backups by default; they are detected and refused.": (
        UNITS + "_backup/test_recognise.py", "test_a_physical_backup_names_the_tool_and_the_guide",
    ),
    "MySQL 8.0 and 8.4, Percona Server 8.0": ("tests/unit/tools/test_steps.py", "test_the_workflow_gives_each_further_server_to_the_step"),
    "MariaDB 10.11 and 11.8, as targets of MySQL dumps": (SERVERS + "mariadb.py", "test_a_dump_of_mysql_is_loaded_once"),
    "MySQL GTIDs, and collations that the server lacks, are refused before anything is written": (
        SERVERS + "mariadb.py", "test_a_collation_that_it_does_not_have_is_refused_before_anything_is_written",
    ),
    "only the parsing of the version number; no server": (UNITS + "_server/test_server_info.py", "test_versions"),
    "ansible-core 2.16, 2.18 and 2.20: sanity and units": ("tests/unit/tools/test_cores.py", "test_the_versions_of_ansible_core_are_those_that_are_promised"),
    "ansible-core 2.17 and 2.19: sanity and units": ("tests/unit/tools/test_cores.py", "test_the_versions_of_ansible_core_are_those_that_are_promised"),
    "on a host with Python 3.6, PyMySQL 1.0.2 and requests 2.27": ("tests/unit/tools/test_cores.py", "test_the_oldest_host_is_the_one_that_is_promised"),
    "passwords and URL signatures are already removed from it.": (UNITS + "_transfer/test_redaction.py", "test_no_secret_survives"),
}  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_has_a_test_or_a_benchmark(claim: str) -> None:
    place, name = CLAIMS[claim]
    assert claim in FLAT
    assert name in (ROOT / place).read_text(encoding="utf-8") if place.startswith("docs/") else proves(place, name), f"{place}::{name}"


def test_every_bullet_of_why_not_is_a_claim() -> None:
    bullets = re.findall(r"^- (.*)$", TEXT.partition("## Why not")[2].partition("\n## ")[0], re.M)
    assert len(bullets) == 5 and [bullet for bullet in bullets if not any(claim in bullet for claim in CLAIMS)] == []


def test_commands_of_make_exist() -> None:
    named = set(
        re.findall(
            r"\bmake ([a-z]+)(?=[ \n`]+)",
            "\n".join(re.findall(r"```\n(.*?)```", TEXT, re.S)) + " " + " ".join(re.findall(r"`([^`\n]*make [^`]*)`", TEXT)) + " ",
        )
    )
    targets = set(re.findall(r"^#   (?:\S+='[^']*' )?make (\w+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert {"demo", "restore", "test"} <= named <= targets


def test_headings_are_those_that_readers_of_collections_expect() -> None:
    headings = re.findall(r"^## (.+)$", TEXT, re.M)
    wanted = [
        "Requirements",
        "Tested with",
        "Use cases",
        "Contents",
        "Using this collection",
        "Testing",
        "Contributing",
        "Support",
        "Release notes",
        "Roadmap",
        "Licence",
    ]
    assert [heading for heading in headings if heading in wanted] == wanted


def test_the_first_screen_is_what_it_does_and_how_to_start() -> None:
    screen = TEXT.partition("\n## ")[0]
    assert [command for command in ("make demo ", "make test ", "make restore", "ansible-playbook") if command not in screen] == []
    assert len(screen.splitlines()) < 50


def test_contents_are_complete() -> None:
    contents = TEXT.partition("## Contents")[2].partition("\n## ")[0]
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__"}
    assert set(re.findall(r"^\| `(\w+)` \|", contents, re.M)) == modules
    assert set(re.findall(r"^\| role \[`(\w+)`\]", contents, re.M)) == {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}
    assert set(re.findall(r"^\| playbook `apsaradb\.mysql\.(\w+)`", contents, re.M)) == {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


def test_every_page_is_linked_and_every_link_resolves() -> None:
    links = set(re.findall(r"\]\(([^)#]+)\)", TEXT))
    assert links >= {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")}
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
