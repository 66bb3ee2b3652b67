# One static binary in an empty image. Nothing else: no shell, no libraries, no network in file mode.
#
#   docker build -t ironclad .
#   docker run --rm --read-only --network none -v "$PWD:/work:ro" ironclad scan .
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev make
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p ironclad \
 && install -Dm755 target/release/ironclad /out/ironclad

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="ironclad" \
      org.opencontainers.image.description="Kubernetes security from the manifest to the kernel, in one binary" \
      org.opencontainers.image.source="https://github.com/ironclad-security/ironclad" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /out/ironclad /ironclad
COPY LICENSE /LICENSE
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/ironclad"]
