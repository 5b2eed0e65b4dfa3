"""What a file must look like and which reports to keep: `datasets.toml`, understood."""
