# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

from ansible_collections.apsaradb.mysql.tests.support import cases
from hypothesis import HealthCheck, settings

# Child processes need it too: ansible-test's own way to the collection is not one for them.
ROOT = os.path.abspath(__file__).rpartition(os.sep + "ansible_collections" + os.sep)[0]
os.environ["PYTHONPATH"] = os.pathsep.join([ROOT] + [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder])

# Whether an example is right, not how long a busy machine takes for it.
settings.register_profile("busy machine", cases.examples(100), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")
