"""Reads blocks of one colour on white: each is a word, which is its colour as a number."""

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils

DARK = 180
"""Below it is a block; above it is paper, and the fringe that enlarging gives a block."""


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def execute(self, requests: list[object]) -> list[object]:
        """One response a request."""
        return [self._respond(request) for request in requests]

    def _respond(self, request: object) -> object:
        image_rgb = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
        dark = (image_rgb.min(axis=2) < DARK).astype(np.uint8)
        _, _, stats, centers = cv2.connectedComponentsWithStats(dark)
        left, top, width, height = stats[1:, :4].astype(np.float32).T
        corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
        polygons = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
        columns, rows = centers[1:].astype(int).T
        red, green, blue = image_rgb[rows, columns].astype(int).T
        texts = np.array([str(number).encode() for number in red << 16 | green << 8 | blue], np.object_)
        found = {"POLYGONS": polygons, "TEXTS": texts, "SCORES": np.full(len(texts), 0.99, np.float32)}
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in found.items()])
