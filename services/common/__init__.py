"""Pure values and rules that every service shares; imports nothing of ours."""
