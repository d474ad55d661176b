# syntax=docker/dockerfile:1
# The base is pinned by its exact version; its digest could not be looked up where this was written, and is not invented.
FROM oven/bun:1.4.5 AS build
WORKDIR /hubbub
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY tsconfig.base.json tsconfig.json ./
COPY public public
COPY src src
# x64 for processors without AVX2, too
ARG TARGETARCH
RUN case "${TARGETARCH:-amd64}" in amd64) target=bun-linux-x64-baseline ;; arm64) target=bun-linux-arm64 ;; \
      *) echo "no build for $TARGETARCH" >&2; exit 1 ;; esac \
    && bun src/tools/build.ts --target=$target
# All of the image: the binary, the libraries it names, the folder for its data. No shell, no package manager.
RUN mkdir -p /image/data && cp dist/hubbub /image/hubbub \
    && ldd dist/hubbub | grep -o '/[^ ]*\.so[^ ]*' | while read -r library; do \
      mkdir -p "/image$(dirname "$library")" && cp -L "$library" "/image$library"; done \
    && chown -R 1000:1000 /image/data && chmod 700 /image/data

FROM scratch
ARG VERSION=0.3.0
ARG REVISION=
LABEL org.opencontainers.image.title="Hubbub" \
      org.opencontainers.image.description="Open a page, pick a name, talk. A real-time web chat in one binary." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /image/ /
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 3000
# No USER: a new volume may be root's. Started as root, Hubbub gives /data to uid 1000 and becomes it before it opens
# anything; with --user it just runs.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["/hubbub", "healthcheck"]
ENTRYPOINT ["/hubbub"]
