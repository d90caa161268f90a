"""An app's configuration and what is derived from it: keys, lifetimes, modes, its logger."""

from __future__ import annotations

import logging
import sys
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from .config import Config
from .static_files import StaticFiles


class Settings(StaticFiles):
    """The part of an app that is configured."""

    def __init__(self, import_name: str, root_path: str | None) -> None:
        super().__init__(import_name, root_path)
        self.config = Config()
        self.name = import_name
        if import_name == "__main__":
            file = getattr(sys.modules["__main__"], "__file__", None)
            if file is not None:
                self.name = Path(file).stem

    @cached_property
    def logger(self) -> logging.Logger:
        """The logger of the app's name: its import name, or the file's if it is the program."""
        return logging.getLogger(self.name)

    @property
    def debug(self) -> bool:
        """Whether errors reach the server instead of becoming a 500. ``DEBUG``."""
        return bool(self.config["DEBUG"])

    @debug.setter
    def debug(self, value: bool) -> None:
        self.config["DEBUG"] = value

    @property
    def testing(self) -> bool:
        """Whether errors reach the test instead of becoming a 500. ``TESTING``."""
        return bool(self.config["TESTING"])

    @testing.setter
    def testing(self, value: bool) -> None:
        self.config["TESTING"] = value

    @property
    def secret_key(self) -> str | bytes | None:
        """What sessions are signed with. ``SECRET_KEY``."""
        key: str | bytes | None = self.config["SECRET_KEY"]
        return key

    @secret_key.setter
    def secret_key(self, value: str | bytes | None) -> None:
        self.config["SECRET_KEY"] = value

    @property
    def permanent_session_lifetime(self) -> timedelta:
        """How long a permanent session lasts. ``PERMANENT_SESSION_LIFETIME``, seconds if a number."""
        lifetime: timedelta | int = self.config["PERMANENT_SESSION_LIFETIME"]
        return lifetime if isinstance(lifetime, timedelta) else timedelta(seconds=lifetime)

    @permanent_session_lifetime.setter
    def permanent_session_lifetime(self, value: timedelta | int) -> None:
        self.config["PERMANENT_SESSION_LIFETIME"] = value
