# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs python3 (3.11 or newer, with venv), git and make. Everything that is downloaded, built or started is under .cache/.
#
#   make demo               create, serve, restore and verify a backup on this machine
#   URL='...' make restore  open your own backup in a private server on this machine
#   URL='...' make provision
#                           the same from a snapshot: loaded the first time, copied in seconds after that; STATE=reset or absent
#   make test               run everything a change must pass: sanity, lint, docs, units, servers, integration, three at a time;
#                           APSARADB_MYSQL_EVERY_CASE=1 for each case on each MySQL version, not on one in turn, and for all random
#                           examples, as every night
#                           MYSQL_80, MYSQL_84 or PERCONA_80 with the path of such a server (an unpacked tarball) to test on it too
#   make check              run everything that needs no network except a package index: make test with each case, and the tests that are too slow for
#                           each change
#                           APSARADB_MYSQL_MAY_SKIP='ee oldest' makes each other step fail that leaves out something that this machine lacks
#   make cores              run sanity and units of older versions of ansible-core, a step of make check; CORES='2.17 2.19' for those that it leaves out
#   make galaxy             check with Galaxy's importer that it accepts the collection; REPOSITORY=https://github.com/OWNER/NAME for a release
#   make docs               build the documentation as a web site in .cache/docs/html
#   make bench              compare ways to load a dump; BENCH='--megabytes 100 --runs 1' for a short run,
#                           BENCH=archives, growth, many, myloader, provision, roll or transfer, each with its own options, for the other tables
#   make fuzz               extract randomly damaged archives, and compare random statements, tables and dumps on three real servers, ten minutes
#                           each; SECONDS=60 for one minute, FUZZ=archives, lexer, tables or dumps for one of them;
#                           FUZZ=kills kills 60 imports of one database and 60 of several, KILLS=200 more of each
#   make clean              stop all servers under .cache/ and remove it

# A signed URL is a secret: it is passed in the environment, never on a command line, which every user of the machine can read.
export URL STATE
ifeq ($(origin URL),command line)
$(warning The URL was visible to the other users of this machine. Put it before make: URL='https://...' make $(firstword $(MAKECMDGOALS)))
endif
MAKEOVERRIDES =

STEPS = sanity lint docs units servers integration
# The steps that only make check runs.
CHECK = galaxy ee cores oldest installed awx coverage

.PHONY: help demo restore provision bench fuzz test check clean $(STEPS) $(CHECK)
.NOTPARALLEL:

help:
	@sed -n 's/^#   //p' Makefile

demo restore provision bench fuzz test check $(STEPS) $(CHECK):
	@sh tests/tools/run.sh $@

clean:
	@sh tests/tools/clean.sh
