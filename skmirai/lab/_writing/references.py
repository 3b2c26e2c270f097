"""Sources that answers are held against."""

from collections.abc import Mapping
from types import MappingProxyType

#: Full references by the names under which answers cite them.
REFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "Bengio and Grandvalet 2004": "Y. Bengio, Y. Grandvalet: No unbiased estimator "
        "of the variance of k-fold cross-validation. JMLR 5, 2004.",
        "Bottou, Curtis and Nocedal 2018": "L. Bottou, F. E. Curtis, J. Nocedal: "
        "Optimization methods for large-scale machine learning. SIAM Review 60(2), "
        "2018.",
        "Cybenko 1989": "G. Cybenko: Approximation by superpositions of a sigmoidal "
        "function. Mathematics of Control, Signals and Systems 2, 1989.",
        "Gal and Ghahramani 2016": "Y. Gal, Z. Ghahramani: Dropout as a Bayesian "
        "approximation: representing model uncertainty in deep learning. ICML 2016.",
        "Glorot and Bengio 2010": "X. Glorot, Y. Bengio: Understanding the difficulty "
        "of training deep feedforward neural networks. AISTATS 2010.",
        "Goodfellow, Bengio and Courville 2016": "I. Goodfellow, Y. Bengio, A. "
        "Courville: Deep Learning. MIT Press, 2016. Chapters 6 (feedforward networks) "
        "and 8 (optimization).",
        "Goyal et al. 2017": "P. Goyal et al.: Accurate, large minibatch SGD: "
        "training ImageNet in 1 hour. arXiv:1706.02677, 2017.",
        "Ioffe and Szegedy 2015": "S. Ioffe, C. Szegedy: Batch normalization: "
        "accelerating deep network training by reducing internal covariate shift. ICML "
        "2015.",
        "Keras, Dense": "Keras API reference, Dense layer: kernel_initializer is "
        '"glorot_uniform", bias_initializer is "zeros".',
        "Keskar et al. 2017": "N. S. Keskar, D. Mudigere, J. Nocedal, M. Smelyanskiy, "
        "P. T. P. Tang: On large-batch training for deep learning: generalization gap "
        "and sharp minima. ICLR 2017.",
        "Malladi et al. 2022": "S. Malladi, K. Lyu, A. Panigrahi, S. Arora: On the "
        "SDEs and scaling rules for adaptive gradient algorithms. NeurIPS 2022.",
        "NVIDIA, CUDA": "NVIDIA: CUDA C++ Programming Guide, sections on the hardware "
        "implementation: multiprocessors, warps of 32 threads.",
        "NVIDIA, NVML": "NVIDIA: NVML API reference, nvmlUtilization_t: share of time "
        "in which one or more kernels were executing.",
        "NVIDIA, T4": "NVIDIA: T4 tensor core GPU, data sheet.",
        "NVIDIA, Ampere GA102": "NVIDIA: Ampere GA102 GPU architecture, whitepaper.",
        "Santurkar et al. 2018": "S. Santurkar, D. Tsipras, A. Ilyas, A. Madry: How "
        "does batch normalization help optimization? NeurIPS 2018.",
        "Smith et al. 2018": "S. L. Smith, P.-J. Kindermans, C. Ying, Q. V. Le: Don't "
        "decay the learning rate, increase the batch size. ICLR 2018.",
        "Srivastava et al. 2014": "N. Srivastava, G. Hinton, A. Krizhevsky, I. "
        "Sutskever, R. Salakhutdinov: Dropout: a simple way to prevent neural networks "
        "from overfitting. JMLR 15, 2014.",
    }
)
