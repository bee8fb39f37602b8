# Two images from one source:
#
#   docker build --target muster .    everything in one process: Temporal, its Web UI, worker and gateway
#   docker build --target worker .    worker, gateway and command line for a Temporal cluster, without the engine
#
# Both hold one static binary and run as a user without rights; /var/lib/muster is the only place they write to.

FROM --platform=$BUILDPLATFORM golang:1.26.8-alpine3.24 AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOFLAGS=-buildvcs=false

# timetzdata: schedules name time zones, and the image has none.
FROM source AS build-worker
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
	go build -trimpath -ldflags "-s -w" -tags noengine,timetzdata -o /out/muster ./cmd/muster

FROM source AS build-muster
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
	go build -trimpath -ldflags "-s -w" -tags timetzdata -o /out/muster ./cmd/muster

# Alpine for its certificates of authorities and for wget, which asks after the gateway's health.
FROM alpine:3.24.1 AS base
RUN addgroup -g 10001 -S muster && adduser -u 10001 -S -G muster -h /var/lib/muster muster \
	&& chmod 0700 /var/lib/muster && mkdir /etc/muster
USER 10001:10001
WORKDIR /var/lib/muster
VOLUME /var/lib/muster
ENV MUSTERBOOK_CONFIG=/etc/muster/musterbook.yaml
EXPOSE 8080
ENTRYPOINT ["muster"]

FROM base AS worker
COPY --from=build-worker /out/muster /usr/local/bin/muster
CMD ["worker", "--config", "/etc/muster/musterbook.yaml", "--data", "/var/lib/muster"]

FROM base AS muster
COPY --from=build-muster /out/muster /usr/local/bin/muster
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
	CMD ["wget", "-q", "-T", "4", "-O", "/dev/null", "http://127.0.0.1:8080/readyz"]
CMD ["serve", "--config", "/etc/muster/musterbook.yaml", "--data", "/var/lib/muster", "--listen", "0.0.0.0:8080"]
