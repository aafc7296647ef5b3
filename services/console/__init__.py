"""The page that a debugging engineer keeps open: looks at answers, asks, compares. Holds no state."""
