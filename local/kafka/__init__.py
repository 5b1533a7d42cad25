"""Apache Kafka itself, one node, on the Java runtime that a Python package carries."""
