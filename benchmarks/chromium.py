"""Debian's Chromium as it draws without a screen and without a graphics card."""

import shutil

CHROMIUM = shutil.which("chromium")
"""Where it is; None where it is not installed (apt-get install chromium)."""

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
