"""The people of the library, and whom a name that is typed or said by a model means."""
