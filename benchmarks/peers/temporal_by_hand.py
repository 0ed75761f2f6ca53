"""The benchmark programs as Temporal workflows written by hand: temporal_by_hand.py ADDRESS ID PROGRAM COUNT LEDGER."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    import ledger

THREADS = 200


@activity.defn
def append(path: str, text: str) -> None:
    ledger.append(path, text)


@workflow.defn
class Sequential:
    @workflow.run
    async def run(self, count: int, path: str) -> None:
        for number in range(count):
            await workflow.execute_activity(
                append, args=[path, str(number)], start_to_close_timeout=timedelta(seconds=10)
            )


@workflow.defn
class Parallel:
    @workflow.run
    async def run(self, count: int, path: str) -> None:
        await asyncio.gather(
            *(
                workflow.execute_activity(append, args=[path, str(n)], start_to_close_timeout=timedelta(seconds=10))
                for n in range(count)
            )
        )


async def main(address: str, run_id: str, program: str, count: int, path: str) -> None:
    client = await Client.connect(address)
    with ThreadPoolExecutor(THREADS) as threads:
        async with Worker(
            client,
            task_queue="bench",
            workflows=[Sequential, Parallel],
            activities=[append],
            activity_executor=threads,
            max_concurrent_activities=THREADS,
        ):
            await client.execute_workflow(
                program.capitalize(),
                args=[count, path],
                id=run_id,
                task_queue="bench",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]))
    os._exit(0)  # temporalio 1.35: one process in twenty crashes in its Rust threads while Python shuts down
