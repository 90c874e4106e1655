"""Frozen TensorFlow graphs (`model.pb`), as AWS DeepRacer keeps its networks, without TensorFlow.

`messages` are the protobuf messages of such a file, `graph` reads one that may come from strangers,
`to_onnx` makes a policy.onnx of it, and `from_onnx` writes one for the software of the AWS car.
"""
