"""grpc.aio and a thread pool: a generic handler of bytes."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import grpc
from network import WORKERS, Network


async def main() -> None:
    """Serve until stopped."""
    network, pool = Network(), ThreadPoolExecutor(WORKERS)

    async def predict(body: bytes, _: object) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(pool, network, body)

    handler = grpc.method_handlers_generic_handler(
        "bench.Network", {"Predict": grpc.unary_unary_rpc_method_handler(predict)}
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"127.0.0.1:{os.environ['BENCH_PORT']}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
