# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MySQL version that corresponds to MariaDB."""

# MariaDB 10.11 and 11.8 execute version comments up to 5.6.99 and skip those from 5.7.0 to 9.99.99 (measured). No MySQL has this version.
COUNTS_AS = 50699
