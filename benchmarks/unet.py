"""A U-Net of the guided network's size in its place: the same inputs, outputs, scenes and steps.

Only what looks at the neighbourhood differs, so the difference is what dilated layers with FCSA's
attention are worth. Trains, calibrates, and prints both beside the exact fit; can be stopped and
run again.
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

import gadmap
from curves import table
from estimators import KINDS
from gadmap.estimators.guided import GuidedEstimator
from gadmap.estimators.guided_input import GUIDED
from gadmap.networks.blocks import FEATURES, conv3, relu
from gadmap.networks.fcsa_guided import FcsaGuided
from gadmap.networks.guided_file import TrainedGuided
from gadmap.phantoms.scene import scene
from gadmap.training import GUIDED_RECIPE, changed
from gadmap.training.guided_calibration import calibration, remember
from gadmap.training.scenes import Scenes
from gadmap.training.train import train
from gadmap.training.training_set import TrainingSet
from truth import NOISES, SEED, fit, of_scenes

WIDTHS = (32, 48, 64)
LOOKED_AT, CALIBRATED, REMEMBERED = 8, 24, 16  # batches, as `gadmap train` takes


class GuidedUnet(FcsaGuided):
    """The guided network with a U-Net of three sizes for its neighbourhood.

    References
    ----------
    Ronneberger, Fischer and Brox, MICCAI 2015;9351:234-241.
    """

    def __init__(self) -> None:
        super().__init__()
        entering, (large, middle, small) = self.entry.in_channels, WIDTHS
        del self.entry, self.layers, self.narrow, self.block
        self.down = nn.ModuleList(
            [
                nn.ModuleList([conv3(entering, large), conv3(large, large)]),
                nn.ModuleList([conv3(large, middle), conv3(middle, middle)]),
                nn.ModuleList([conv3(middle, small), conv3(small, small)]),
            ]
        )
        self.up = nn.ModuleList([conv3(small + middle, middle), conv3(middle + large, FEATURES)])

    def around(
        self, entering: Float[Tensor, "b entry h w"], inside: Bool[Tensor, "b h w"] | None
    ) -> Float[Tensor, "b 32 h w"]:
        """What the neighbourhood of each voxel says of it."""
        del inside
        hidden, left = entering, []
        for pair in self.down:
            if left:
                hidden = nn.functional.max_pool2d(hidden, 2, ceil_mode=True)
            for layer in pair:
                hidden = relu(layer(hidden))
            left.append(hidden)
        left.pop()
        for layer in self.up:
            beside = left.pop()
            wide = nn.functional.interpolate(hidden, size=beside.shape[-2:])
            hidden = relu(layer(torch.cat([wide, beside], dim=1)))
        return hidden


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the training")
    parser.add_argument("--steps", type=int, default=GUIDED_RECIPE.steps)
    parser.add_argument("--scenes", type=int, default=24, help="of each kind and noise")
    parser.add_argument("--weights", default="fcsa-net-guided", help="of the guided network")
    options = parser.parse_args()
    unet = trained(options.out, options.steps)
    estimators = {"U-Net": GuidedEstimator(unet).estimate}
    guided = partial(gadmap.estimate, estimator=options.weights)
    rows = []
    for kind, (choices, model) in KINDS.items():
        for noise in NOISES:
            made = [scene((SEED, k), replace(choices, noise=noise)) for k in range(options.scenes)]
            at = of_scenes(made, {"fit": fit(model), **estimators}, guided)
            sane = at.sane()
            ratios = (f"{at.ratio(name, sane):.2f}" for name in ("U-Net", "guided"))
            medians = (f"{at.relative(name):.1%}" for name in at.found)
            rows.append((kind if noise == NOISES[0] else "", f"{noise:g}", *ratios, *medians))
    table(
        f"ktrans, {options.scenes} scenes each: RMSE* over the exact fit's; median relative error",
        ("", "noise", "U-Net", "guided", "fit", "U-Net", "guided"),
        rows,
    )
    count = sum(parameter.numel() for parameter in unet.module.parameters())
    usual = sum(parameter.numel() for parameter in FcsaGuided().parameters())
    print(f"{count:,} weights, the guided network's {usual:,}; {options.steps:,} steps.")


def trained(out: Path, steps: int) -> TrainedGuided:
    """The U-Net with its weights, from where its training in `out` stands."""
    recipe = changed(GUIDED_RECIPE, steps=steps)
    out.mkdir(parents=True, exist_ok=True)
    scenes = Scenes(recipe.batch, recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        module = GuidedUnet()
    nn.utils.convert_conv2d_weight_memory_format(module, torch.channels_last)
    found = TrainingSet(scenes, scenes.validation(LOOKED_AT), {}, {})
    identity = {"network": "U-Net", "recipe": recipe.model_dump(mode="json")}
    weights = train(module.train(), found, recipe, out, identity=identity, resume=True)
    module.load_state_dict(dict(weights))
    module.eval().requires_grad_(False)
    remember(module, scenes.calibration(REMEMBERED, part=0))
    factors = calibration(module, scenes.calibration(CALIBRATED, part=1))
    return TrainedGuided(
        quantities=GUIDED, calibration=factors, provenance={"steps": steps}, module=module
    )


if __name__ == "__main__":
    main()
