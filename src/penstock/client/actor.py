"""Who calls, as the server notes it beside what people do to each other's runs."""

import getpass
import socket

ACTOR_HEADER = "X-Penstock-Actor"


def actor() -> str:
    """Return ``user@host`` of this process, in the characters that a header may have."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    name = f"{user}@{socket.gethostname()}"
    return name.encode("ascii", "replace").decode("ascii")
