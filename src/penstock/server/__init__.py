"""The server: keeps pools, queues, workers and runs, and dispatches.

Layers, each importing only what stands to its right:
``app → api → services → orchestration → models → events → database``.
"""
