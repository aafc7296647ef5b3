# The services of the mesh: one image, started as `python -m services.<name>`. No build tools and no tests in it.
#   docker build -f images/mesh.Dockerfile -t groundwire/mesh .
# A tag can be moved. Where it must not, name the base by its digest, and give the chart the digest of what was built:
#   docker build … --build-arg PYTHON=python@sha256:<digest of the tag below>      helm … --set image.digest=sha256:…
ARG PYTHON=python:3.11.14-slim-bookworm
FROM ${PYTHON} AS built
WORKDIR /src
COPY pyproject.toml README.md ./
COPY requirements ./requirements
COPY groundwire ./groundwire
COPY services ./services
COPY images/install-mesh images/install-mesh
RUN images/install-mesh /opt/groundwire

FROM ${PYTHON}
COPY --from=built /opt/groundwire /opt/groundwire
ENV PATH=/opt/groundwire/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["python"]
CMD ["-m", "groundwire", "--help"]
