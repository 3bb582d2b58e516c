# The service as an image: `docker build -t adl .`, or `docker compose up` with compose.yaml.
# What it needs to run is in docs/deployment.md.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The Node of the lock file is for machines that bring none. For npm, development packages that are left out are missing.
RUN npm ci --omit=dev \
  && rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin/node \
  && npm pkg delete devDependencies \
  && npm sbom --sbom-format=cyclonedx >sbom.cdx.json
COPY . .
RUN ["node", "web/build/write-pages.ts"]
# It starts in a third of the time of its thousand modules.
RUN ["node", "scripts/bundle.ts", "bundle"]
# Whatever the umask of the checkout.
RUN chmod -R u=rwX,go=rX . && install -d -o 1000 -g 1000 .compile-cache
ENV NODE_COMPILE_CACHE=/app/.compile-cache
# The cache counts for the account that made it. An image whose service cannot start is not built.
USER 1000:1000
RUN ["node", "deploy/image/fill-compile-cache.ts"]

FROM ${NODE_IMAGE}
WORKDIR /app
# Owned by root: the service cannot change its own code.
COPY --from=build /app /app
RUN install -d -o 1000 -g 1000 -m 700 /data
ENV ENVIRONMENT=production \
  HOST=0.0.0.0 \
  PORT=8000 \
  DATA_DIR=/data \
  TZ=UTC \
  NODE_COMPILE_CACHE=/app/.compile-cache \
  PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ADL" \
  org.opencontainers.image.description="Accounts back end: users and admins, sign-in with rotating tokens" \
  org.opencontainers.image.version="1.0.0" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:26.10.0-bookworm-slim"
USER 1000:1000
# The only directory that it writes to, and only with the embedded database or without SECRET_KEY.
VOLUME /data
EXPOSE 8000
# Node is process 1: it drains at this signal and waits for the processes that it starts.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "/app/deploy/image/is-live.ts"]
ENTRYPOINT []
CMD ["node", "--max-semi-space-size=16", "/app/bundle/service/main.mjs"]
