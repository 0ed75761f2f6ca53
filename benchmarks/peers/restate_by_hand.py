"""The benchmark programs as a Restate workflow written by hand.

restate_by_hand.py INGRESS,ADMIN,ENDPOINT ID PROGRAM COUNT LEDGER (the first three are ports)
"""

import asyncio
import json
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import ledger
import restate
from hypercorn.asyncio import serve
from hypercorn.config import Config

sequential = restate.Workflow("Sequential")
parallel = restate.Workflow("Parallel")
ALREADY_STARTED = 409


@sequential.main()
async def run_sequential(ctx: restate.WorkflowContext, arguments: list[str]) -> None:
    count, path = arguments
    for number in range(int(count)):
        await ctx.run_typed("append", ledger.append, path=path, text=str(number))


@parallel.main()
async def run_parallel(ctx: restate.WorkflowContext, arguments: list[str]) -> None:
    count, path = arguments
    await restate.gather(
        *(ctx.run_typed("append", ledger.append, path=path, text=str(number)) for number in range(int(count)))
    )


def request(url: str, body: object = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data=data, headers={"Content-Type": "application/json"})) as answer:
        answer.read()


def start_and_wait(ports: list[str], run_id: str, program: str, arguments: list[str]) -> None:
    ingress, admin, endpoint = ports
    request(f"http://127.0.0.1:{admin}/deployments", {"uri": f"http://127.0.0.1:{endpoint}", "force": True})
    service = program.capitalize()
    try:
        request(f"http://127.0.0.1:{ingress}/{service}/{run_id}/run_{program}/send", arguments)
    except HTTPError as error:
        if error.code != ALREADY_STARTED:
            raise
    request(f"http://127.0.0.1:{ingress}/restate/workflow/{service}/{run_id}/attach")


async def main(ports: list[str], run_id: str, program: str, arguments: list[str]) -> None:
    config = Config()
    config.bind = [f"127.0.0.1:{ports[2]}"]
    config.loglevel = "ERROR"
    config.graceful_timeout = 0
    ended = asyncio.Event()
    app = restate.app([sequential, parallel])
    server = asyncio.create_task(serve(app, config, shutdown_trigger=ended.wait))
    await asyncio.to_thread(start_and_wait, ports, run_id, program, arguments)
    ended.set()
    await server


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].split(","), sys.argv[2], sys.argv[3], sys.argv[4:]))
