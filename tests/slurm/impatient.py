"""Snakemake, but its executors ask for the state of their jobs every `--seconds-between-status-checks` seconds.

The Slurm executor waits ten seconds longer after each time that it finds no job finished, and has no setting for that.
"""

import asyncio

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor


async def sleep(executor: RemoteExecutor) -> None:
    await asyncio.sleep(executor.workflow.remote_execution_settings.seconds_between_status_checks)


RemoteExecutor.sleep = sleep

if __name__ == "__main__":
    main()
