"""The model in use, the other models, and teaching: what pages say of them and do with them."""
