"""How bad a finding is."""

import enum


class Severity(enum.IntEnum):
    """How bad it is, worst last, so that severities compare."""

    NOTE = 1  # worth knowing; nothing breaks for it
    WARNING = 2  # breaks under load, or on a day that will come
    ERROR = 3  # breaks, leaks or loses data as it stands

    @property
    def label(self) -> str:
        """The word for it in reports and options."""
        return self.name.lower()
