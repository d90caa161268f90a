"""What users register: the types of their functions.

Views may take any arguments and return anything that ``make_response`` understands, so those two
stay open; everything else is said exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from werkzeug.wrappers import Response as WerkzeugResponse

#: str, bytes, dict, list, an iterator of str or bytes, a tuple of one of these with a status or
#: headers or both, a response object, or a WSGI callable.
ReturnValue: TypeAlias = Any

View: TypeAlias = Callable[..., ReturnValue]
BeforeRequest: TypeAlias = Callable[[], ReturnValue | None]
AfterRequest: TypeAlias = Callable[[Any], Any]
Teardown: TypeAlias = Callable[[BaseException | None], Any]
UrlValuePreprocessor: TypeAlias = Callable[[str | None, dict[str, Any] | None], Any]
UrlDefaults: TypeAlias = Callable[[str, dict[str, Any]], Any]
ErrorHandler: TypeAlias = Callable[[Any], ReturnValue]
UrlBuildErrorHandler: TypeAlias = Callable[[Exception, str, dict[str, Any]], str | None]

#: A blueprint's registered name, or None for the app itself.
Scope: TypeAlias = str | None

#: Decorators give back what they were given.
Function = TypeVar("Function", bound=Callable[..., Any])

__all__ = [
    "AfterRequest",
    "BeforeRequest",
    "ErrorHandler",
    "Function",
    "ReturnValue",
    "Scope",
    "Teardown",
    "UrlBuildErrorHandler",
    "UrlDefaults",
    "UrlValuePreprocessor",
    "View",
    "WerkzeugResponse",
]
