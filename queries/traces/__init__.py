"""What is asked of traces: which there are, one as a whole, how operations do, what fails, who calls whom."""
