"""The scene: how regions look and lie to one another, and which of them a plan means. Pure."""
