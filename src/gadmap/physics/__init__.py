"""Pure torch functions of the physics: no file, no network."""
