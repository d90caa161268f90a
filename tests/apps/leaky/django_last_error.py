"""Django: a page for the support shows the last error, with what it was about; and it is anybody's."""

from __future__ import annotations

import logging
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY="a test's own key, of nobody else",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[f"{__name__}.remember_errors"],
    LOGGING_CONFIG=None,
    USE_TZ=True,
)
django.setup()
logging.getLogger("django.request").addHandler(logging.NullHandler())

_last: dict[str, str] = {}


class OutOfStockError(Exception):
    pass


def remember_errors(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        try:
            return get_response(request)
        finally:
            request.is_done = True

    def process_exception(request: Any, error: Exception) -> HttpResponse:
        _last["error"] = str(error)
        return HttpResponse(f"sorry: {error}", status=409)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def order(request: Any, article: int) -> HttpResponse:
    raise OutOfStockError(f"article {article} is out of stock")


def support(request: Any) -> JsonResponse:
    return JsonResponse({"last error": _last.get("error", "none")})


urlpatterns = [path("order/<int:article>/", order), path("support/", support)]
application = get_wsgi_application()
