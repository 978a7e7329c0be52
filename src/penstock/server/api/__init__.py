"""The REST API: routes parse, open a transaction, call model functions and shape the answer.

One file for each noun; ``errors`` says which error is which status, ``routes`` collects them all.
"""

from penstock.server.api.errors import install_error_handlers
from penstock.server.api.routes import api_router

__all__ = ["api_router", "install_error_handlers"]
