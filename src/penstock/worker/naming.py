"""What a worker is called when nobody names it."""

import secrets
import socket


def default_worker_name() -> str:
    """Return the host's name and six random hexadecimal digits."""
    return f"{socket.gethostname()}-{secrets.token_hex(3)}"
