# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remember which definitions the server has accepted, so that another table of the same form need not be tried."""

from typing import Dict, Optional, Set

from ..._dump.plan import Definition
from ..._dump.repeated_tables import form_of
from ..._dump.session_variables import SessionState

_MOST_FORMS = 1000


class AcceptedForms:
    """``definition in accepted``: a definition that differs only in name and AUTO_INCREMENT was accepted in the same session state."""

    def __init__(self) -> None:
        self._forms: Dict[SessionState, Set[bytes]] = {}
        self._count = 0

    def __contains__(self, definition: Definition) -> bool:
        text = self._text(definition)
        return text is not None and text in self._forms.get(definition.session, ())

    def add(self, definition: Definition) -> None:
        """Record that the server has accepted this definition."""
        text = self._text(definition)
        if text is None:
            return
        if self._count >= _MOST_FORMS:
            self._forms.clear()
            self._count = 0
        self._forms.setdefault(definition.session, set()).add(text)
        self._count += 1

    @staticmethod
    def _text(definition: Definition) -> Optional[bytes]:
        form = form_of(definition.text) if definition.what == "TABLE" else None
        return form.text if form is not None else None
