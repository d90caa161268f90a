"""Django: a middleware keeps the request on itself, of which there is one for all requests."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="a test's own key, of nobody else",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[f"{__name__}.Keeping"],
    USE_TZ=True,
)
django.setup()


class Keeping:
    request: Any = None

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        type(self).request = request
        return self.get_response(request)


def who() -> str:
    return str(Keeping.request.GET.get("canary", "nobody"))


def account(request: Any, account_id: int) -> HttpResponse:
    return HttpResponse(f"account {account_id} of {who()}")


urlpatterns = [path("account/<int:account_id>/", account)]
application = get_wsgi_application()
