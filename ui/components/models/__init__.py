"""Models and networks on a page: the accuracy card, and the networks that can be had."""
