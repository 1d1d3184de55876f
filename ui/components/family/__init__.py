"""The parts of the page "Family": dots by year, a graph, faces through the years, a wall."""
