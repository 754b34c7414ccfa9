# make demo and make test set up what they need; make setup does that alone.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.DELETE_ON_ERROR:
.PHONY: help setup demo test lint docs bench bench-estimators validation peers pictures fuzz

help:
	@echo "make setup     .venv with the package, editable, under constraints.txt"
	@echo "make demo      a phantom examination from DICOM to maps and report, in demo/"
	@echo "make test      every check: style, types, import layers, tests"
	@echo "make lint      the checks that run no test"
	@echo "make docs      the pages, their examples run and their links checked, in docs/_build/html"
	@echo "make bench     the figures that the documentation quotes"
	@echo "make bench-estimators  errors to the truth: fit, denoised fit, networks"
	@echo "make validation  docs/validation.md: every figure of how near to the truth"
	@echo "make peers     speed and accuracy beside other packages, into docs/peers.md"
	@echo "make fuzz      attack each reader for FUZZ_SECONDS, 60 by default, into fuzz/out/"
	@echo "make pictures  the pictures of the documentation, from demo/"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[compressed,notebook,slurm,docs,dev]"
	@touch $@

demo: $(READY)
	$(BIN)/gadmap demo --out demo --overwrite

# the examples of the pages make the machine code that the tests then have
test: $(READY)
	$(MAKE) --jobs 2 --output-sync lint docs
	$(BIN)/pytest -n 2 --dist loadscope

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: $(READY)
	rm -rf docs/_build docs/api
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going docs docs/_build/html
	$(BIN)/python docs/check_site.py

bench: $(READY)
	$(BIN)/python benchmarks/run_all.py

bench-estimators: $(READY)
	$(BIN)/python benchmarks/estimators.py

validation: $(READY)
	$(BIN)/python -m validation.page

PEERS := .venv-peers/.ready

$(PEERS): benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

peers: $(READY) $(PEERS)
	$(BIN)/python benchmarks/compare_peers.py

pictures: $(READY)
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_fit_picture.py

FUZZ_SECONDS ?= 60
READERS ?= dicom nifti sidecar results aif_table recipe weights
fuzz: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[fuzz]"
	for reader in $(READERS); do \
		$(BIN)/python -m fuzz.run $$reader $(FUZZ_SECONDS) fuzz/out || exit 1; \
	done
