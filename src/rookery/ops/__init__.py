"""Floor 5: assembles and runs everything: command line, settings, application, workers."""
