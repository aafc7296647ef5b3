"""Hostile input: `python -m fuzz TARGET -runs=100000` (libFuzzer's own options), `python -m fuzz --list`."""
