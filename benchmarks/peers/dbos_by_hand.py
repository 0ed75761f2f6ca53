"""The benchmark programs as DBOS workflows written by hand: dbos_by_hand.py DATABASE ID PROGRAM COUNT LEDGER."""

import asyncio
import sys

import ledger
from dbos import DBOS, DBOSConfig, SetWorkflowID


@DBOS.step()
def append(path: str, text: str) -> None:
    ledger.append(path, text)


@DBOS.step()
async def append_async(path: str, text: str) -> None:
    ledger.append(path, text)


@DBOS.workflow()
def sequential(count: int, path: str) -> None:
    for number in range(count):
        append(path, str(number))


@DBOS.workflow()
async def parallel(count: int, path: str) -> None:
    await asyncio.gather(*(append_async(path, str(number)) for number in range(count)))


def start_sequential(count: int, path: str) -> None:
    DBOS.start_workflow(sequential, count, path).get_result(polling_interval_sec=0.05)


async def start_parallel(count: int, path: str) -> None:
    handle = await DBOS.start_workflow_async(parallel, count, path)
    await handle.get_result(polling_interval_sec=0.05)


def main(database: str, run_id: str, program: str, count: int, path: str) -> None:
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": f"sqlite:///{database}",
        "application_version": "1",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    with SetWorkflowID(run_id):
        if program == "sequential":
            start_sequential(count, path)
        else:
            asyncio.run(start_parallel(count, path))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
