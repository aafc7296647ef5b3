"""The mesh on one machine: which components there are, how they start, and whether they are well.

Nothing here imports a service: services run as processes of their own. Ways in:

* `groundwire.mesh.local.Mesh` starts, finds, watches and stops a mesh.
* `groundwire.mesh.state.State` finds a running mesh's addresses, with nothing but the standard library.
* `groundwire.mesh.table` is the table of components and of who calls whom.
"""
