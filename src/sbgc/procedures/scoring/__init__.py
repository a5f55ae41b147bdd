"""Class scores of whole splits: Bayes' rule, batches that fit the memory, shards, and what a score will cost."""
