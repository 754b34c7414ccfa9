"""Studies whose figures `docs/validation.md` holds: each a file, and a command of its own."""
