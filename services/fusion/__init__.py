"""The public API: plan, perceive, resolve, compose, check, record."""
