# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs python3 (3.11 or newer, with venv), git and make. All that is downloaded, built or started lives under .cache/.
#
#   make demo               a backup made, served, restored and verified on this machine
#   make restore URL='...'  your own backup, opened in a sandbox server on this machine
#   make test               everything a change must pass: sanity, lint, units, servers, integration, two at a time
#   make bench              ways to load a dump, side by side, as a table; BENCH='--megabytes 100 --runs 1' for a short one,
#                           BENCH=archives, BENCH=growth or BENCH=transfer, with options of their own, for the other tables
#   make fuzz               archives damaged at random, extracted for ten minutes; SECONDS=60 for one
#   make clean              stop what runs under .cache/ and remove it

# A signed URL is a secret: it travels in the environment, never on a command line.
export URL
MAKEOVERRIDES =

STEPS = sanity lint units servers coverage integration

.PHONY: help demo restore bench fuzz test clean $(STEPS)
.NOTPARALLEL:

help:
	@sed -n 's/^#   //p' Makefile

demo restore bench fuzz test $(STEPS):
	@sh tests/tools/run.sh $@

clean:
	@sh tests/tools/clean.sh
