"""All readers by name."""

from fuzz import aif_table, dicom, nifti, recipe, results, sidecar, weights
from fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        dicom.TARGET,
        nifti.TARGET,
        sidecar.TARGET,
        results.TARGET,
        aif_table.TARGET,
        recipe.TARGET,
        weights.TARGET,
    )
}
