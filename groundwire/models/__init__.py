"""The model store: what is pulled from a hub or brought along, and how it comes to serve a capability.

A model arrives in the store whole and checked, with its card (`pulling`, `adding`). It becomes a folder that Triton can
load (`rendering`), which is loaded before perception is told to ask it (`binding`).
"""
