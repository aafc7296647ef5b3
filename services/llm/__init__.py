"""Plans and claims under grammar."""
