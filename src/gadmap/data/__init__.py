"""Frozen containers: what travels between the steps. Numpy only."""

from gadmap.data.acquisition import Acquisition
from gadmap.data.aif import Aif
from gadmap.data.chosen import ChosenModels
from gadmap.data.descriptors import CurveDescriptors
from gadmap.data.exam import Exam
from gadmap.data.likelihood import Interval, Likelihood, Profile
from gadmap.data.maps import CurveFit, ParameterMaps, Reason
from gadmap.data.motion import Motion
from gadmap.data.reference import ReferenceRegion
from gadmap.data.region_fit import RegionFit
from gadmap.data.series import DceSeries, FlipAngleSeries

__all__ = [
    "Acquisition",
    "Aif",
    "ChosenModels",
    "CurveDescriptors",
    "CurveFit",
    "DceSeries",
    "Exam",
    "FlipAngleSeries",
    "Interval",
    "Likelihood",
    "Motion",
    "ParameterMaps",
    "Profile",
    "Reason",
    "ReferenceRegion",
    "RegionFit",
]
