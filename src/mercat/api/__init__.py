"""The programs' door: HTTP. For now what channels deliver, and whether we are well."""
