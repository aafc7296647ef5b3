"""Pure rules of fusion: resolution, checks, verdicts."""
