"""Pictures whose truth is exact, because they were drawn: for cases that no data set holds, and as fixtures.

A kind of scene is a function from a generator of random numbers to a drawing: pixels, things with their boxes, and
questions with gold claims (`drawing.Scene`). `camera` then gives it light, perspective and noise, and the boxes go
along. The same seed gives the same bytes.
"""

from groundwire.evaluation.scenes.writing import KINDS, Written, scene, write_scenes

__all__ = ["KINDS", "Written", "scene", "write_scenes"]
