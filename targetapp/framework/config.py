"""An app's configuration: a dict with Flask's defaults, as far as the cycle reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

#: Every key the framework reads, and its default.
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "APPLICATION_ROOT": "/",
        "DEBUG": False,
        "MAX_CONTENT_LENGTH": None,
        "MAX_COOKIE_SIZE": 4093,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "MAX_FORM_PARTS": 1_000,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=31),
        "PREFERRED_URL_SCHEME": "http",
        "PROPAGATE_EXCEPTIONS": None,
        "PROVIDE_AUTOMATIC_OPTIONS": True,
        "REUSE_APP_CONTEXT": False,
        "SECRET_KEY": None,
        "SECRET_KEY_FALLBACKS": None,
        "SEND_FILE_MAX_AGE_DEFAULT": None,
        "SERVER_NAME": None,
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_PARTITIONED": False,
        "SESSION_COOKIE_PATH": None,
        "SESSION_COOKIE_SAMESITE": None,
        "SESSION_COOKIE_SECURE": False,
        "SESSION_REFRESH_EACH_REQUEST": True,
        "TESTING": False,
        "TRAP_BAD_REQUEST_ERRORS": None,
        "TRAP_HTTP_EXCEPTIONS": False,
        "TRUSTED_HOSTS": None,
        "USE_X_SENDFILE": False,
    }
)


class Config(dict[str, Any]):
    """Configuration values by name; user code may add its own keys."""

    def __init__(self) -> None:
        super().__init__(DEFAULTS)

    def from_mapping(self, mapping: Mapping[str, Any] | None = None, **more: Any) -> bool:
        """Take over the upper-case keys of *mapping* and of the keyword arguments."""
        for key, value in {**(mapping or {}), **more}.items():
            if key.isupper():
                self[key] = value
        return True
