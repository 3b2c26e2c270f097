"""The Keras side: ``build_dnn``, its model, and networks between Keras and engine.

``choice`` decides whether compiled epochs or Keras's own loop train.
"""
