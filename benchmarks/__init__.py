"""Penstock and a real Prefect server, measured side by side over the same REST calls (``make bench``).

The story, in the order in which it happens:

- ``arguments`` reads the command line, ``program`` measures one kind of database after the other.
- ``servers`` starts both servers as users do, each on a ``databases`` of its own; ``processes`` reads
  what they cost. While one is measured, the other one stands still (SIGSTOP).
- ``scenes`` fills both with the same pools, queues and runs; ``copies`` does it in bulk.
- ``scenarios`` are what is measured, one file each. ``load`` sends the requests of one of them through
  ``wire``, a client that is lean enough not to drown the servers; ``turns`` lets the servers take turns.
- ``floors`` are the barest ways to hand out work on the same PostgreSQL.
- ``figures`` are the results, ``targets`` what is aimed at, ``report`` prints both, and ``page`` writes
  them into ``docs/performance.md``.
"""
