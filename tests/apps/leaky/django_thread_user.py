"""Django: the well-known middleware that keeps the current user in a thread-local, if there is one."""

from __future__ import annotations

import threading
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
    MIDDLEWARE=[f"{__name__}.current_user"],
    USE_TZ=True,
)
django.setup()

_local = threading.local()


def current_user(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        user = request.GET.get("canary")
        if user:
            _local.user = user
        return get_response(request)

    return middleware


def get_current_user() -> str:
    return str(getattr(_local, "user", "anonymous"))


def dashboard(request: Any) -> HttpResponse:
    return HttpResponse(f"dashboard of {get_current_user()}")


def article(request: Any, slug: str) -> HttpResponse:
    return HttpResponse(slug)


urlpatterns = [path("dashboard/", dashboard), path("article/<slug:slug>/", article)]
application = get_wsgi_application()
