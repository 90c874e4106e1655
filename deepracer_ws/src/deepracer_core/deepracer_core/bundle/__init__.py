"""A model is a folder: its names, its content, where it is kept, and how it travels.

`names` and `layout` say what is allowed, `model_bundle.ModelBundle` is one folder,
`store.ModelStore` all of them, `archive` and `tar` turn a folder into a `.tar.gz` and back.
"""
