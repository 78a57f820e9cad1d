# Every target installs what it needs; "make" alone says what there is.
INSTALLED := node_modules/.package-lock.json
MESHRIG := node bin/meshrig.js

.PHONY: help scenario list explain aws test check bench conformance

help:
	@echo "make scenario NAME=port-forward/host-with-port   run one scenario (all without NAME; SEED=... repeats a run, WITHOUT=fix must fail)"
	@echo "make list                                        the scenarios"
	@echo "make explain FILE=request.txt                    why was this signature refused?"
	@echo "make aws                                         the strict mock AWS, for SDKs and gateways outside"
	@echo "make test                                        every test and every scenario"
	@echo "make check                                       format, lint, types, unused code, then the tests"
	@echo "make conformance                                 compare the signing proxy with a stock Envoy, header by header"
	@echo "make bench                                       speed, as ratios"

$(INSTALLED): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

scenario: $(INSTALLED)
	@$(MESHRIG) run $(NAME) $(if $(SEED),--seed $(SEED)) $(if $(WITHOUT),--without $(WITHOUT))

list: $(INSTALLED)
	@$(MESHRIG) list $(NAME)

explain: $(INSTALLED)
	@$(MESHRIG) explain $(or $(FILE),-)

aws: $(INSTALLED)
	@$(MESHRIG) aws

test: $(INSTALLED)
	npm test

check: $(INSTALLED)
	npm run check

bench: $(INSTALLED)
	npm run bench

conformance: $(INSTALLED)
	npm run conformance
