"""Answers in the forms of other tools: W3C PROV, COCO, C2PA. Made where the answer is read, from the answer alone."""
