"""Readers of the files that networks are published in: files to named arrays, NumPy only.

One module a format. What a reader hands over was checked: sizes add up, types are known, and a
file that is not what it should be is refused with `data.errors.ModelError`. Which file may be read
at all is decided before, by its hash.
"""
