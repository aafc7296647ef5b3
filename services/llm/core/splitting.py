"""Claims out of a list that is still being written: each as soon as its object closes."""

from __future__ import annotations

from typing import Any

import ijson  # type: ignore[import-untyped]  # publishes no types

from services.llm.core.answers import OutsideSchema


class ClaimSplitter:
    """Cuts `{"claims":[{…},{…}]}` into its claims while it streams.

    >>> splitter = ClaimSplitter()
    >>> splitter.feed('{"claims":[{"kind":"a"},{"ki')
    [{'kind': 'a'}]
    >>> splitter.feed('nd":"b"}]}')
    [{'kind': 'b'}]
    >>> splitter.end()
    """

    def __init__(self) -> None:
        self._closed = ijson.sendable_list()
        self._parser = ijson.items_coro(self._closed, "claims.item")

    def feed(self, text: str) -> list[Any]:
        """The claims that this piece of text completes.

        Raises:
            OutsideSchema: The text so far is no beginning of a JSON text.
        """
        if not text:  # which the parser would take for the end
            return []
        try:
            self._parser.send(text.encode())
        except (ijson.JSONError, StopIteration) as error:
            raise OutsideSchema("the answer is no JSON") from error
        claims = list(self._closed)
        del self._closed[:]
        return claims

    def end(self) -> None:
        """Note that no more text comes.

        Raises:
            OutsideSchema: The JSON text is not whole.
        """
        try:
            self._parser.close()
        except ijson.JSONError as error:
            raise OutsideSchema("the answer is no whole JSON") from error
