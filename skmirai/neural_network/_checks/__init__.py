"""What estimators ask of labels, of a validation part and of a scaler."""
