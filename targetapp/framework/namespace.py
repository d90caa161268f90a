"""``g``: a plain namespace that lives as long as its app context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

_MISSING = object()


class AppGlobals:
    """Holds whatever is set on it, in its ``__dict__``."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"g has no {name!r}: it is new for each context, set it first.")

    if TYPE_CHECKING:  # what any object does

        def __setattr__(self, name: str, value: Any) -> None: ...

        def __delattr__(self, name: str) -> None: ...

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of *name*, or *default*."""
        return self.__dict__.get(name, default)

    def pop(self, name: str, default: Any = _MISSING) -> Any:
        """Remove *name* and return its value, or *default*; :raises KeyError: without either."""
        if default is _MISSING:
            return self.__dict__.pop(name)
        return self.__dict__.pop(name, default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the value of *name*, set to *default* if there was none."""
        return self.__dict__.setdefault(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __repr__(self) -> str:
        return f"<g {self.__dict__!r}>"
