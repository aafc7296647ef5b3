"""The rules of perception. Pure: no I/O, no clock, no environment, no randomness."""
