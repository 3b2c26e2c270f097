"""The training engine: whole epochs as compiled programs, prediction in NumPy.

It knows arrays, Keras's optimizers and TensorFlow, but no scikit-learn and no
live Keras model. From the bottom up: ``arguments`` and ``architecture`` describe
a network, ``layers`` and ``optimizers`` say what one step does, ``state`` keeps
what it changes in two vectors, ``program`` compiles steps into epochs,
``rows`` and ``streaming`` feed them, ``epochs`` runs them; ``forward`` and
``passes`` predict.
"""
