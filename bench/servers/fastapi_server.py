"""FastAPI on uvicorn: a plain endpoint in the thread pool, as its documentation has it."""

import os

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, Request, Response
from network import WORKERS, Network
from starlette.concurrency import run_in_threadpool

app = FastAPI()
network = Network()


@app.post("/predict")
async def predict(request: Request) -> Response:
    """The body is the picture."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = WORKERS
    return Response(await run_in_threadpool(network, await request.body()), media_type="application/octet-stream")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), log_level="error")
