"""What a command may say to the person in front of it."""

from __future__ import annotations

from typing import Protocol


class Terminal(Protocol):
    """Where a command's words go; every text is made inert on its way."""

    def say(self, text: str = "") -> None:
        """Print lines that stay."""

    def progress(self, text: str) -> None:
        """Show one line that the next one replaces; '' clears it."""

    def complain(self, text: str) -> None:
        """Print a line about a failure, on standard error."""

    @property
    def colour(self) -> bool:
        """Whether colours may be used."""
