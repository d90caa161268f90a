"""Endpoints that report what they see, one file per way to look (docs/probes.md)."""

from .app import create_app

__all__ = ["create_app"]
