# The tools run at pinned versions, so that a fresh machine needs nothing but Go.
GOFUMPT       := mvdan.cc/gofumpt@v0.12.0
GOLANGCI      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

.PHONY: all test lint check explore demo replay bench pages build

all: lint check test

build:
	CGO_ENABLED=0 go build -trimpath -o muster ./cmd/muster

test:
	go test ./...

lint:
	@out=$$(go run $(GOFUMPT) -l .); if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	go vet ./...
	go run $(GOLANGCI) run --allow-parallel-runners ./...
	go run $(WORKFLOWCHECK) -config .workflowcheck.yaml ./workflows/...

check:
	go run ./cmd/muster check runbooks musterbook.example.yaml
	go run ./cmd/muster test runbooks --cover --all-choices

explore:
	go run ./cmd/muster explore --max-paths 60 runbooks/*.yaml

demo:
	go run ./cmd/muster demo

replay:
	go test -count=1 -run 'Replay' ./workflows/...

bench:
	go test -run '^$$' -bench AlertToCall -benchtime 100x ./cmd/muster

# A thousand pages on one machine: escalations spread over five minutes, then all of them due at once.
pages:
	MUSTERBOOK_PAGES=1000 MUSTERBOOK_SPREAD=5m go test -count=1 -v -timeout 40m -run TestManyPages ./cmd/muster
	MUSTERBOOK_PAGES=1000 go test -run '^$$' -bench PagesDueAtOnce -benchtime 1x -timeout 40m ./cmd/muster
