"""What travels: the Avro schema of a usage batch, its codec, framings, topics and dead letters."""
