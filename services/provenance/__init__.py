"""The provenance service: what was answered, why, and on what evidence."""
