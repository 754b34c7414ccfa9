"""Readers under attack: for each a corpus of small real files, and what a reader may answer.

`tests/fuzz` changes the corpus for some seconds, the same way in every run; `fuzz/run.py` lets
atheris look for new paths through the readers for as long as one likes.
"""
