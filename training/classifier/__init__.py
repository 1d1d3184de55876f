"""Fitting the classifier: prototypes, calibration, held-out predictions."""
