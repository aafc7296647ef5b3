"""Finds the mesh to talk to."""

from __future__ import annotations

import os

from groundwire.addresses import DEFAULT_ADDRESS, Addresses
from groundwire.client import Client
from groundwire.mesh.errors import NotRunning
from groundwire.mesh.state import State


def client(address: str, timeout_s: float) -> Client:
    """A client for the mesh that is meant. Nothing is connected yet.

    Args:
        address: Fusion's `host:port`; empty for the mesh of this folder, else the environment's, else the usual one.
        timeout_s: Deadline of each call, seconds.
    """
    return of(addresses(address), timeout_s)


def of(at: Addresses, timeout_s: float) -> Client:
    """A client for a mesh at known addresses."""
    return Client(
        at.fusion,
        perception_address=at.perception,
        llm_address=at.llm,
        provenance_address=at.provenance,
        timeout_s=timeout_s,
    )


def addresses(address: str) -> Addresses:
    """Where the mesh that is meant listens; see `client`."""
    mesh = meant_here(address)
    if mesh is not None:
        return local_addresses(mesh)
    environ = os.environ
    return Addresses.beside(
        address or environ.get("GROUNDWIRE_ADDRESS") or DEFAULT_ADDRESS,
        perception=environ.get("GROUNDWIRE_PERCEPTION_ADDRESS", ""),
        llm=environ.get("GROUNDWIRE_LLM_ADDRESS", ""),
        provenance=environ.get("GROUNDWIRE_PROVENANCE_ADDRESS", ""),
    )


def local_addresses(mesh: State) -> Addresses:
    """Where the services of a mesh on this machine listen."""
    return Addresses(**{name: mesh.addresses[name] for name in ("fusion", "perception", "llm", "provenance")})


def meant_here(address: str) -> State | None:
    """The mesh of this folder's home, where it runs and is what the address means: none given, or its own fusion's."""
    mesh = running()
    return mesh if mesh is not None and address in ("", mesh.addresses["fusion"]) else None


def running() -> State | None:
    """The mesh that runs in this folder's home, if any."""
    try:
        return State.find()
    except NotRunning:
        return None
