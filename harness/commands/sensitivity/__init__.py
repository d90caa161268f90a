"""`crosstalk sensitivity` and `crosstalk precision`: short loads of many targets, judged as every run is."""
