"""The commands of `kindred.py`, one file a family of commands.

Every file has `add(commands)`, which tells the parser about its commands; what runs is set as
`run` and returns the exit status. TensorFlow is imported by what needs it, when it needs it.
"""
