"""The networks that Kindred knows: catalogue, weights, readers of their formats, fetching."""
