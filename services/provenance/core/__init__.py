"""Rules of the provenance service, without I/O."""
