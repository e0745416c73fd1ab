"""What the files of the locations say: names, settings, callbacks, placeholders, checksums. Reads files, no server."""
