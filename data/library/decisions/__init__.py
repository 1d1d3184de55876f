"""What people decided, the journal that can take it back, and forgetting a person."""
