"""
A cohort, and how well it repeats
=================================

Two patients, each examined twice, as a BIDS dataset; every examination is mapped, then all are compared. Nothing but noise
differs between the two visits here, so what the tables call repeatability is that of the method.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from gadmap.pipeline import write_bids_cohort

folder = tempfile.TemporaryDirectory()
study, maps = Path(folder.name) / "study", Path(folder.name) / "maps"
write_bids_cohort(study, 2, sessions=2, matrix=64, slices=3, frames=50, motion=False)
sorted(file.name for file in study.rglob("*_dce.nii.gz"))

# %%
# The command line, as on a cluster: a process for each core, a row for each examination, whatever becomes of it.


def gadmap(*arguments: object) -> None:
    """Run the command of this environment."""
    command = Path(sys.executable).with_name("gadmap")
    subprocess.run([command, *map(str, arguments)], check=True, capture_output=True)


gadmap("cohort", study, maps, "participant", "--nprocs", 1, "--no-exam")
table = pd.read_csv(maps / "cohort.tsv", sep="\t")
table[["exam", "state", "model", "t10", "aif", "voxels"]]

# %%
# Then all together: regions, outliers, repeatability. The regions are the tissues that the dataset's segmentation names.

gadmap("cohort", study, maps, "group")
group = pd.read_csv(maps / "group.tsv", sep="\t")
rims = group[(group["region"] == "tumour rim") & (group["quantity"] == "ktrans")]
rims[["exam", "voxels", "median", "median_se"]]

# %%
# Repeatability by the terms of QIBA (Raunig et al., Stat Methods Med Res 2015;24:27-67). Two patients only show the form: the interval of
# the coefficient says how little they tell.

repeated = pd.read_csv(maps / "group_repeatability.tsv", sep="\t")
folder.cleanup()
repeated[repeated["region"] == "tumour rim"].T
