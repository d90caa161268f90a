"""Django: a stream, a cache of constants, and an id in each answer that is the request's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="a test's own key, of nobody else",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[f"{__name__}.give_id"],
    USE_TZ=True,
)
django.setup()


def give_id(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        request.id = uuid.uuid4().hex
        response = get_response(request)
        response["X-Request-Id"] = request.id
        return response

    return middleware


@lru_cache
def price(kind: str) -> int:
    return {"small": 3, "large": 5}.get(kind, 4)


def rows(name: str, query: str) -> Iterator[str]:
    for number in range(3):
        yield f"{number},{name},{query}\n"


def export(request: Any, name: str) -> StreamingHttpResponse:
    body = rows(name, request.GET.get("canary", ""))
    return StreamingHttpResponse(body, content_type="text/csv")


def order(request: Any, number: uuid.UUID) -> HttpResponse:
    return HttpResponse(f"order {number}: {price('small') + price('large')}")


urlpatterns = [path("export/<slug:name>/", export), path("order/<uuid:number>/", order)]
application = get_wsgi_application()
