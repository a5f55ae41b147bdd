"""Class scores of whole splits: Bayes' rule, batches that fit in memory, shards, and the cost of a score."""
