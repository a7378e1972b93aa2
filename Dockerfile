# The studio in a container. Studies are in /studies and keys in /keys; mount both as volumes.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /wheels /wheels
RUN python -m pip install --no-cache-dir "$(ls /wheels/moviemotion-*.whl)[studio]" && rm -r /wheels
RUN useradd --create-home moviemotion \
    && mkdir /studies /keys \
    && chown moviemotion: /studies /keys
USER moviemotion
ENV MOVIEMOTION_KEYS=/keys
VOLUME ["/studies", "/keys"]
EXPOSE 8036
ENTRYPOINT ["moviemotion"]
CMD ["studio", "/studies", "--host", "0.0.0.0"]
