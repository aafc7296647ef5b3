"""The mesh: four services, and what they share."""
