# The plan that most people want to see first.
default: run

# Run a plan, by default the main example: just run plans/two-users.toml
run plan="plans/two-users.toml" *options:
    go run ./cmd/stickbench run {{plan}} {{options}}

# All tests, as .ci/run has them but without installing anything.
test:
    GORACE=atexit_sleep_ms=0 go test -race -shuffle=on ./...

# What stickbench costs beside wrk, h2load, ab, hey, vegeta, k6 and JMeter, those that are installed: just bench --help
bench *options:
    go run ./internal/bench {{options}}

# What a run on 1, 2 and 4 agents of this machine costs beside a plain one.
bench-cluster *options:
    go run ./internal/bench cluster {{options}}

# Go benchmarks of the parts of the engine.
bench-go:
    go test -run '^$' -bench . -benchmem ./...

# The table of `stickbench help experiments` anew: each on both balancers, at the laboratory's own size (7 minutes).
experiments:
    go test ./cmd/stickbench -run '^TestExperimentsTable$' -experiments -count=1 -timeout 30m -v

# The verdicts of compare audited in all cells, and the tables of `stickbench help compare` anew (ten minutes of processor time).
audit *options:
    go test ./report/compare -run '^TestAudit$' -audit -count=1 -timeout 3h -v {{options}}

# The README's picture of a report anew, with Chromium.
picture:
    #!/usr/bin/env bash
    set -euo pipefail
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    go run ./cmd/stickbench run task3-ready --quiet --out "$folder/run" >/dev/null
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,1300 --log-level=3 \
        --screenshot="$PWD/report/html/picture.webp" "file://$folder/run/report.html"

lint:
    gofmt -l .
    go vet ./...
    go tool staticcheck ./...

# The laboratory in the foreground, until Ctrl-C.
lab *options:
    go run ./cmd/stickbench lab {{options}}

# The balancers that `stickbench probe` explains: each set-up ten times, none may be named wrong, and models of some 200 times (6 minutes).
probe-setups:
    go test ./internal/probe -run '^TestSetups$' -runs 10 -count=1 -timeout 30m -v
    go test ./internal/probe -run '^TestModels$' -runs 200 -count=1 -timeout 30m

# Limits that are known, searched for: nine of ten within 5 % (half an hour).
limits:
    go test ./cmd/stickbench -run '^TestLimit$' -limit-runs 10 -count=1 -timeout 60m -v

# Imported plans beside JMeter 2.13 of Debian's packages, against one server (6 minutes).
jmeter-parity:
    go test -tags jmeter ./internal/jmx/parity -run '^TestParity' -count=1 -timeout 30m -v
