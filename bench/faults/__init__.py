"""Ways to hurt a running part of a local mesh, each with its remedy."""
