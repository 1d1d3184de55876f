"""The library in use: decisions about faces, its folders, and what is said of its people."""
