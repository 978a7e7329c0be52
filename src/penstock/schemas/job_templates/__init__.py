"""Base job templates: what a worker of a pool is told about each job (workers.md 2.1).

A template has ``variables``, a JSON schema of what may be chosen, and ``job_configuration``,
what the worker receives, with placeholders ``{{ name }}`` for the chosen values. The path of a
template: ``check_base_job_template`` when it is written, ``check_variable_defaults`` with block
references replaced, ``overlay_job_variables`` and ``check_job_variables`` for a deployment or a
run, ``resolve_job_configuration`` in the worker.
"""

from penstock.schemas.job_templates.block_references import (
    BlockNotFoundError,
    find_block_references,
    replace_block_references,
)
from penstock.schemas.job_templates.job_variables import (
    InvalidJobVariablesError,
    check_job_variables,
    check_variable_defaults,
    overlay_job_variables,
    variable_defaults,
)
from penstock.schemas.job_templates.placeholders import find_placeholders
from penstock.schemas.job_templates.process import default_base_job_template
from penstock.schemas.job_templates.resolution import resolve_job_configuration
from penstock.schemas.job_templates.validation import check_base_job_template

__all__ = [
    "BlockNotFoundError",
    "InvalidJobVariablesError",
    "check_base_job_template",
    "check_job_variables",
    "check_variable_defaults",
    "default_base_job_template",
    "find_block_references",
    "find_placeholders",
    "overlay_job_variables",
    "replace_block_references",
    "resolve_job_configuration",
    "variable_defaults",
]
