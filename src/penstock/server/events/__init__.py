"""Events: what the server says about a change, written in the same transaction as the change.

``resources`` names the things, ``work_pool_events`` and its siblings build one event each as
pure functions of objects, ``changes`` says which fields changed, ``outbox`` records.
"""
