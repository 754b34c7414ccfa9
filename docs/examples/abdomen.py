"""
A real examination: a tumour in the abdomen
===========================================

96 x 64 x 5 voxels, 75 frames 5 s apart, flip angles of 2, 10 and 20 degrees for T1, the aorta in view, and a patient who
breathes. The files are NIfTI with JSON sidecars, from the test data of Madym (Apache-2.0). Nobody knows the
true maps here, so the question is how well the model explains the curves.
"""

import os
from pathlib import Path

import numpy as np

import gadmap
from gadmap.io import read_volume

folder = Path(os.environ.get("GADMAP_DATA", "../shared/data")) / "abdomen"
series = gadmap.read(folder / "dce.nii.gz")
exam = gadmap.prepare(series, vfa=sorted(folder.glob("vfa_*.nii.gz")))
print(*exam.assumptions, sep="\n")
exam.plot()

# %%
# What was found in the images is the aorta. Its curve is steep: the first pass takes a few frames.

print(exam.aif.source, *exam.aif.rationale, sep="\n")

# %%
# Tofts' model, and the extended one, which has plasma in the tissue. Both optima are global, so the sums of
# squares can be compared.

tofts = gadmap.estimate(exam, "tofts")
extended = gadmap.estimate(exam, "extended-tofts")
tumour = read_volume(folder / "tumour_mask.nii.gz", series, "tumour mask") > 0
for maps in (tofts, extended):
    seen = tumour & maps.valid
    print(
        f"{maps.model}: median ktrans {np.median(maps['ktrans'][seen]):.3f} 1/min, "
        f"ve {np.median(maps['ve'][seen]):.2f}, R2 {np.median(maps['r2'][seen]):.3f}"
    )

# %%
# Ktrans of the extended model over the anatomy:

extended.plot(["ktrans", "vp"], slices=[1, 2, 3], exam=exam)

# %%
# The tumour as a row of a table, with the median standard error:

extended.to_dataframe({"tumour": tumour})[["quantity", "valid", "median", "median_se"]]
