"""One module for each format: its file read to the end, without what is not picture, and how large the picture is."""
