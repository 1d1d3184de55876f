"""The library's file: its tables and views, and how it is opened, migrated and written."""
