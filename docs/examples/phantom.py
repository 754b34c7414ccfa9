"""
A phantom, and how far its maps are from the truth
==================================================

A brain tumour whose parameters are known, seen by a noisy scanner; T1 and the arterial input are measured on it
as on a patient, and the maps are compared with what the phantom was made from.
"""

import numpy as np

import gadmap
from gadmap.phantoms import reference_object

phantom = reference_object(matrix=96, slices=4)
series = phantom.exam.series  # what a scanner would deliver
series.signal.shape, series.t[:4]  # (x, y, z, time) [a.u.]; [s]

# %%
# From the series to a complete examination: T1 from the flip-angle volumes, the arterial input from the images.
# Whatever was assumed rather than measured is said.

exam = gadmap.prepare(series, vfa=phantom.vfa, hct=phantom.case.hct)
print(exam.t10_source, exam.aif.source, *exam.assumptions, sep="\n")
exam.plot()

# %%
# The exact fit of the Tofts model. Voxels are clear that do not enhance, or whose data do not determine the map.

maps = gadmap.estimate(exam, "tofts")
maps.plot(["ktrans", "ve"], slices=[1, 2], exam=exam)

# %%
# The truth is known, so the error is too. In pure voxels of the tumour's rim:

rim = phantom.labels == phantom.tissues.index("tumour rim")
pure = rim & (phantom.purity > 0.95) & maps.valid
for name in ("ktrans", "ve", "kep"):
    error = maps[name][pure] / phantom.truth[name][pure] - 1
    print(f"{name}: median error {np.median(np.abs(error)):.1%} of {pure.sum()} voxels")

# %%
# The standard errors that come with the maps hold the noise of each curve. T1 and the arterial input have errors of
# their own, so the truth lies within two standard errors less often than in 95 % of the voxels:

away = np.abs(maps["ktrans"] - phantom.truth["ktrans"]) / maps.standard_error["ktrans"]
print(f"within two standard errors: {(away[pure] < 2).mean():.0%}")

# %%
# On the command line the same is ``gadmap demo --out demo``, from DICOM files on.
