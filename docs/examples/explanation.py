"""
Why did the network say so?
===========================

FCSA-net maps ktrans without an arterial input. This looks into it, in the tumour that it finds: which frames it weighs, which
frames moved its estimate, and what each frame is worth to the exact fit. ``gadmap explain INPUT --out why`` writes all of this, and a test of who is
right, as a page.
"""

import matplotlib.pyplot as plt

import gadmap
from gadmap.explanation import (
    frame_gradients,
    region_attention,
    region_sampling,
    seen_region,
    threshold_region,
)
from gadmap.networks.shipped import trained_network
from gadmap.phantoms import reference_object

phantom = reference_object(matrix=64, slices=2)
exam = gadmap.prepare(phantom.exam.series, vfa=phantom.vfa)
trained = trained_network("fcsa-net")
maps = gadmap.estimate(exam, "fcsa-net")
region = threshold_region(maps["ktrans"], "ktrans", "1/min")
region.words

# %%
# The region as the network sees it: the signal on its own frames, over one scale.

seen = seen_region(trained, exam, region, "ktrans")
attention = region_attention(seen)
gradients = frame_gradients(seen)
print(f"mean ktrans of the region: {gradients.end:.3f} 1/min")

# %%
# Weights of frames are what the network multiplies its input with. Integrated gradients are what each frame added to the estimate;
# they sum up to it. Both begin before the bolus, for the network needs to see where the signal starts.

times = trained.grid.times  # [s] since the last frame before contrast
figure, (top, middle, bottom) = plt.subplots(
    3, 1, figsize=(7, 6), sharex=True, layout="constrained"
)
top.plot(times, seen.curve(), color="0.3")
top.set_ylabel("signal over scale")
middle.bar(times, attention.mean_frames(), width=4)
middle.set_ylabel("frame weight")
bottom.bar(times, gradients.frames, width=4, color="C1")
bottom.set(ylabel="share of ktrans [1/min]", xlabel="t [s]")

# %%
# To the exact fit, frames are worth what they tell of ktrans. With half of the later frames left out, its standard error grows little;
# without half of the early ones, more.

sampling = region_sampling(exam, region)
print(f"later half at half the rate:   standard error of ktrans x {sampling.late:.2f}")
print(f"earlier half at half the rate: standard error of ktrans x {sampling.early:.2f}")
