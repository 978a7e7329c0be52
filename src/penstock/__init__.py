"""Penstock: a control plane for work pools, work queues and workers.

The package is layered; each layer imports only what stands to its right:
``cli → server | worker → client → schemas → settings → core``.
"""

from importlib.metadata import version

__version__ = version("penstock")
