"""The barest ways to hand out work on the same PostgreSQL: how far above them is a control plane?

``bare_claim`` runs in the benchmark's own process; ``procrastinate_jobs`` and ``pgqueuer_jobs`` are
programs for the peer's environment, where these two libraries are installed.
"""
