"""What the pages show, computed from values: no I/O, no contract messages, no markup."""
