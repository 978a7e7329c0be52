"""The shapes on the wire, shared by server, client, worker and command line.

``actions`` are bodies that ask for a change, ``filters`` choose rows, ``responses`` are
answers, ``core`` holds the objects themselves; ``states``, ``statuses`` and ``sorting`` are
the vocabularies they use. One noun a file; each package re-exports its classes.
"""

from penstock.schemas import actions, core, filters, responses, sorting, states, statuses

__all__ = ["actions", "core", "filters", "responses", "sorting", "states", "statuses"]
