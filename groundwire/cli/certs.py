"""`groundwire certs`: a development authority, certificates for every service, and the policy that goes with them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from groundwire import certificates, policies
from groundwire.cli.failures import Commands

app = typer.Typer(name="certs", cls=Commands, no_args_is_help=True, help="Certificates for a mesh on this machine.")

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the authority and the certificates are kept.")]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="HOST", help="Host name or IP address of the servers; may be given more than once."),
]
Days = Annotated[int, typer.Option("--days", min=1, max=825, help="How long the certificates are good.")]

LOCAL_HOSTS = ("localhost", "127.0.0.1")


@app.command()
def make(folder: Folder, host: Hosts = None, days: Days = certificates.DEFAULT_DAYS) -> None:
    """Make (or renew) certificates for every service, and a policy, signed by the folder's own authority.

    FOLDER/<service> then holds tls.crt, tls.key and ca.crt; FOLDER/policy.toml says who may call what. The services
    take renewed files up without a restart. For development: in a cluster, cert-manager does this.
    """
    now = dt.datetime.now(dt.UTC)
    authority = certificates.open_authority(folder, now)
    for name in policies.SERVICES:
        issued = certificates.issue(authority, name, host or LOCAL_HOSTS, now, days=days)
        certificates.write(folder / name, issued, authority)
    policy = folder / "policy.toml"
    if not policy.exists():  # It is meant to be edited: it is written once.
        policy.write_text(policies.rendered())
    typer.echo(f"certificates of {len(policies.SERVICES)} services and {policy} in {folder}, for {days} days")
    typer.echo("a caller's own: groundwire certs issue FOLDER NAME")


@app.command()
def issue(
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The caller's name; the policy knows it by its URI.")],
    days: Days = certificates.DEFAULT_DAYS,
) -> None:
    """Make a certificate for a caller; name it in FOLDER/policy.toml, and set GROUNDWIRE_TLS_FOLDER to FOLDER/NAME."""
    now = dt.datetime.now(dt.UTC)
    policies.check_name(name)
    authority = certificates.open_authority(folder, now)
    certificates.write(folder / name, certificates.issue(authority, name, (), now, days=days), authority)
    typer.echo(f'{folder / name}: certificate = "{certificates.identity(name)}"')
