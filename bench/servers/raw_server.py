"""No server: the network in one process, asked over its standard input. The limit of all the others.

A request is four bytes of a number and one of the grey that the whole picture has, so that no picture has to travel;
the answer is the number and four bytes.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from network import SIDE, WORKERS, Network


def main() -> None:
    """Answer until standard input ends."""
    network, writing = Network(), threading.Lock()
    pictures = [bytes([grey]) * (SIDE * SIDE * 3) for grey in range(256)]

    def answer(number: bytes, body: bytes) -> None:
        said = network(body)
        with writing:
            sys.stdout.buffer.write(number + said)
            sys.stdout.buffer.flush()

    with ThreadPoolExecutor(WORKERS) as pool:
        while number := sys.stdin.buffer.read(4):
            pool.submit(answer, number, pictures[sys.stdin.buffer.read(1)[0]])


if __name__ == "__main__":
    main()
