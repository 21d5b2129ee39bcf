"""Large values, kept beside the documents that refer to them."""
