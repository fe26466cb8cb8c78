"""File formats: one reader for each kind of file that users bring, and downloads.

Every reader returns `RawSnapshots`; `registry.READERS` lists the readers by suffix.
May import: the root modules, systems and laws.
"""
