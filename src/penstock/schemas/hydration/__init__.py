"""Values that are worked out when a run is created (orchestration.md 2.6).

A parameter may be an object with the key ``__prefect_kind``: the text of a JSON value, a Jinja
template, the name of a variable, or a plain value in a wrapper. ``values`` resolves them,
``templates`` renders text from strangers within narrow limits.
"""

from penstock.schemas.hydration.values import HydrationError, find_variable_names, hydrate

__all__ = ["HydrationError", "find_variable_names", "hydrate"]
