"""Files to containers and back; imports no torch."""

from gadmap.io.aif_table import AifTable, read_aif
from gadmap.io.bids_dataset import bids_exams
from gadmap.io.bids_derivatives import bids_origin, describe_derivatives
from gadmap.io.bids_exam import BidsExam
from gadmap.io.bids_write import describe_dataset, write_bids_series, write_participants
from gadmap.io.describe import Description, SeriesSummary, describe
from gadmap.io.dicom_scan import files_below, listed
from gadmap.io.dicom_select import A_UID, recorded_choice
from gadmap.io.dicom_write import write_dicom
from gadmap.io.dicom_write_enhanced import write_enhanced_dicom
from gadmap.io.exam_folder import EXAM_FOLDER, read_exam, write_exam
from gadmap.io.map_names import BidsOrigin
from gadmap.io.maps import write_maps
from gadmap.io.maps_read import read_maps, read_maps_record
from gadmap.io.nifti import read_volume
from gadmap.io.nifti_write import write_nifti
from gadmap.io.read import (
    find_flip_angles,
    read_flip_angles,
    read_series,
    read_series_and_flip_angles,
)
from gadmap.io.results_folder import results_folder, strangers_in

__all__ = [
    "A_UID",
    "EXAM_FOLDER",
    "AifTable",
    "BidsExam",
    "BidsOrigin",
    "Description",
    "SeriesSummary",
    "bids_exams",
    "bids_origin",
    "describe",
    "describe_dataset",
    "describe_derivatives",
    "files_below",
    "find_flip_angles",
    "listed",
    "read_aif",
    "read_exam",
    "read_flip_angles",
    "read_maps",
    "read_maps_record",
    "read_series",
    "read_series_and_flip_angles",
    "read_volume",
    "recorded_choice",
    "results_folder",
    "strangers_in",
    "write_bids_series",
    "write_dicom",
    "write_enhanced_dicom",
    "write_exam",
    "write_maps",
    "write_nifti",
    "write_participants",
]
