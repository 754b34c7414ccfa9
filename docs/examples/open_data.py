"""
Open data: T1 of a phantom, a breast examination
================================================

The Imaging Data Commons holds DCE-MRI that anyone may download. This example takes a physical phantom, RIDER Phantom MRI (CC BY 3.0,
`doi:10.7937/K9/TCIA.2015.MI4QDDHU <https://doi.org/10.7937/K9/TCIA.2015.MI4QDDHU>`_), measures its T1 at seven flip angles, and looks at how steady the
signal is: no contrast agent was given, so it should not change.

It needs the package ``idc-index`` beside gadmap (``pip install idc-index``) and downloads 340 MB.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from idc_index import IDCClient

from gadmap.io import read_series_and_flip_angles
from gadmap.pipeline import info
from gadmap.preparation import flip_angle_t10, foreground

# %%
# One examination by Siemens: a dynamic series of 600 images, and the flip angles of 2 to 30 degrees as series of their own. The index of
# what there is comes with the package; the images are fetched.

client = IDCClient()
there = client.index[client.index["collection_id"] == "rider_phantom_mri"]
first = there[there["SeriesDescription"] == "DCE Prototype Full"]["StudyInstanceUID"].iloc[0]
folder = Path(tempfile.mkdtemp(prefix="rider-phantom-"))
client.download_from_selection(downloadDir=str(folder), studyInstanceUID=[first])
print(info(folder))

# %%
# T1 in every voxel, with its standard error.

series, flip_angles = read_series_and_flip_angles(folder)
inside = foreground(series)
t1, error = flip_angle_t10(flip_angles, mask=inside)
middle = t1.shape[2] // 2
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
figure.colorbar(left.imshow(t1[..., middle].T), ax=left, label="T1 [s]")
figure.colorbar(right.imshow(error[..., middle].T), ax=right, label="its standard error [s]")

# %%
# The signal of each frame over the first one's: what is not flat is the scanner's doing, and would be taken for contrast agent.

drift = series.signal[inside].mean(axis=0)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(series.t, drift / drift[0])
axes.set(xlabel="t [s]", ylabel="mean signal over the first frame's")
print(f"largest change: {np.ptp(drift) / drift[0]:.2%}")

# %%
# A patient's examination is mapped in the same way. QIN-BREAST-02 (CC BY 4.0, `doi:10.7937/TCIA.2019.4CFM06RR
# <https://doi.org/10.7937/TCIA.2019.4CFM06RR>`_) was acquired by Philips: a dynamic series of 550 images, ``dynamic_smartTX_6deg``, and all flip
# angles in one series, ``multi-flip_T1-map``. With both in a folder::
#
#     gadmap info FOLDER
#     gadmap map FOLDER --out maps --aif parker
#
# The tests of the readers (``tests/io/test_open_collections.py``) run on made-up files that are written in these ways.
