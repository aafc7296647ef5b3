# Triton with our model repository, and the Python environment that the models run in. TRITON names the image of the
# server: NVIDIA publishes it; any with tritonserver and its python backend for Python 3.11 does.
#   docker build -f images/triton.Dockerfile --build-arg TRITON=… -t groundwire/triton .
# As with the mesh's image, TRITON=…@sha256:<digest> pins it, and triton.image.digest is for what was built.
ARG TRITON=tritonserver:25.10-py3
FROM ${TRITON}
WORKDIR /opt/groundwire
COPY requirements/triton.txt requirements/triton.txt
COPY images/install-models images/install-models
RUN images/install-models /opt/groundwire/models-env
COPY model_repository ./model_repository
ENV PATH=/opt/groundwire/models-env/bin:$PATH
USER 10001:10001
ENTRYPOINT ["tritonserver"]
CMD ["--model-repository=/opt/groundwire/model_repository", "--model-control-mode=explicit", "--load-model=read_text", "--load-model=segment_grabcut", "--load-model=find_private"]
