"""The dashboard's files, as a browser gets them. What they show they read from the REST API."""

from penstock.server.dashboard.static import install_dashboard

__all__ = ["install_dashboard"]
