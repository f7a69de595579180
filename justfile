# The plan that most people want to see first.
default: run

# Run a plan, by default the main example: just run plans/two-users.toml
run plan="plans/two-users.toml" *options:
    go run ./cmd/stickbench run {{plan}} {{options}}

# All tests, as .ci/run has them but without installing anything.
test:
    go test -race -shuffle=on ./...

# Go benchmarks of the parts of the engine.
bench:
    go test -run '^$' -bench . -benchmem ./...

# The README's table of experiments anew: each on both balancers, at the laboratory's own size (8 minutes).
experiments:
    go test ./cmd/stickbench -run '^TestExperimentsTable$' -experiments -count=1 -timeout 30m -v

lint:
    gofmt -l .
    go vet ./...
    go tool staticcheck ./...

# The laboratory in the foreground, until Ctrl-C.
lab *options:
    go run ./cmd/stickbench lab {{options}}
