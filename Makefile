.DEFAULT_GOAL := help
.PHONY: help setup build demo test live soak golden lint clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the machine lacks; says what it does, safe to repeat
	@deploy/setup

build: setup ## build the contracts: code, metadata and bundles
	cargo run --locked -p couponry -- build

demo: setup ## play a town and its coupons on an embedded chain, and audit them
	cargo run --locked -p couponry -- demo

test: build ## run every test
	cargo test --workspace --locked

live: build ## bring up a live chain on 127.0.0.1 (once, outside the checkout), and run what needs one
	cargo clippy -p rpc-chain -p couponry --test live --locked -- -D warnings
	deploy/live/run cargo test --locked -p rpc-chain -p couponry --test live -- --test-threads 1 --nocapture
	deploy/live/client/run

soak: build ## run the property test for 150,000 steps, plant every bug for it to catch, and measure the auditor
	COUPONRY_RATE=50000 cargo test --locked -p couponry --lib rate -- --nocapture
	COUPONRY_STEPS=150000 cargo test --locked -p e2e-tests --test all invariants -- --nocapture
	cargo test --locked -p e2e-tests --features planted-bugs --test all planted -- --nocapture

golden: build ## rewrite the golden files, on purpose
	COUPONRY_GOLDEN=write cargo test --locked -p couponry -p e2e-tests golden

lint: ## check the format, and refuse every warning
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked --features registry/enumerable -- -D warnings

clean: ## remove everything that was built
	cargo clean
