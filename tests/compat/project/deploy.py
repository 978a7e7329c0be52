"""Deploys flows of this folder to a work pool: ``deploy.py POOL FLOW [FLOW ...]``."""

import sys
from pathlib import Path

from prefect import flow

HERE = Path(__file__).parent

for name in sys.argv[2:]:
    flow.from_source(source=str(HERE), entrypoint=f"flows.py:{name}").deploy(
        name=name, work_pool_name=sys.argv[1], build=False, push=False, print_next_steps=False
    )
