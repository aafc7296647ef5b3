"""Proofs that a log holds what it held: pure functions that need no server to check."""
