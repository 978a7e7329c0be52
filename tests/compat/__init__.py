"""Real, unmodified Prefect clients against real Penstock servers (`make compat`).

``features`` says what is shown; each test drives the client as a user would, in an environment of
its own. The suite is not part of ``make test``: it needs Prefect installed beside us.
"""
