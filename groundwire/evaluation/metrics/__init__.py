"""The figures, each a pure function over arrays, with its source. None knows of a mesh, an answer or a file."""
