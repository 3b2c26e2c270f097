"""The lab's 21 questions, answered in our words with the figures of a run."""

import re
from dataclasses import dataclass

from skmirai.lab._figures import Figures


@dataclass(frozen=True)
class Question:
    """A question of the lab.

    Attributes
    ----------
    number : int
        Its number, 1 to 21.
    text : str
        The question.
    answer : str
        The answer, with names of figures in braces, and published accuracies in
        double brackets.
    """

    number: int
    text: str
    answer: str

    def answered(self, figures: Figures, *, published: bool) -> str:
        """Fill the figures of a run into the answer.

        Parameters
        ----------
        figures : Figures
            Figures of a run; those that it lacks read "(not run)".
        published : bool
            Whether to set published accuracies beside them.

        Returns
        -------
        str
            The answer, in Markdown.
        """
        kept = r"\1" if published else ""
        return re.sub(r"\[\[(.*?)\]\]", kept, self.answer).format_map(figures)


QUESTIONS = (
    Question(
        1,
        "How many cores does the graphics card have?",
        "It depends on the card: the T4 of the published run has 2,560 CUDA cores, an "
        "RTX 3090 has 10,496. They are simple, and all do the same step on other "
        "numbers. This run: {hardware}.",
    ),
    Question(
        2,
        "How much memory does it have?",
        "The T4 has 15,360 MiB, an RTX 3090 24 GB. This machine has {part_02[gib]:.1f} "
        "GiB of main memory, which is where training on the processor keeps "
        "everything; part 2 lists the memory of graphics cards, if there are any.",
    ),
    Question(
        3,
        "What is in the memory while a network is trained?",
        "Parameters, a batch of rows with labels and weights, the activations of every "
        "layer (the gradients need them), the gradients, what the optimizer remembers "
        "(Adam two numbers per parameter, plain SGD none), and the workspace of the "
        "libraries; here also the whole table, which compiled epochs read their "
        "batches from. Part 3 counts the bytes: with a network this small the rows and "
        "their activations are nearly everything, the parameters next to nothing.",
    ),
    Question(
        4,
        "What accuracy does a classifier reach that always answers the larger class, "
        "and what does guessing reach?",
        "Always the larger class is right in {part_05[majority]:.4f} of the rows. "
        "Guesses that name both classes equally often are right in "
        "{part_05[uniform][mean]:.4f} (95 % of the draws between "
        "{part_05[uniform][low]:.4f} and {part_05[uniform][high]:.4f}), guesses in the "
        "proportion of the classes in {part_05[prior][mean]:.4f}. An accuracy is only "
        "worth something above the first of these figures.",
    ),
    Question(
        5,
        "Why does a layer need an activation function?",
        "Without one, a layer is a matrix product plus a constant, and layers of that "
        "kind behind each other are again one matrix product plus a constant: a linear "
        "model, however many layers. The bend in between lets the network draw curved "
        "borders.",
    ),
    Question(
        6,
        "How are the weights initialised?",
        "Glorot uniform: each kernel is drawn evenly from ±sqrt(6 / (n_in + n_out)), "
        "which is ±0.231 for the first layer from 92 columns to 20 units, so that "
        "signals and gradients keep their size from layer to layer. Biases start at 0.",
    ),
    Question(
        7,
        "Why are mini-batches used?",
        "The gradient of a part of the rows points nearly where that of all rows does "
        "and costs a fraction, so that many small steps get further than one exact "
        "step for the same work. Activations of a batch fit into memory where those of "
        "all rows may not, and the noise of the steps helps out of flat places.",
    ),
    Question(
        8,
        "How busy is the hardware with batches of 100 rows, and how much memory is "
        "used?",
        "[[On the T4 18 to 27 % and 1,151 to 2,175 MiB were published: the card waits "
        "for the next small batch most of the time. ]]Keras starts every batch from "
        "Python, and with batches this small the hardware waits for that most of the "
        "time. A compiled epoch runs through all batches without coming back to "
        "Python. On average {batch_100[busy]:.2f} processors were busy with batches of "
        "100 and {batch_10000[busy]:.2f} with batches of 10,000; the process held "
        "{batch_100[memory_mib]:,.0f} and {batch_10000[memory_mib]:,.0f} MiB.",
    ),
    Question(
        9,
        "How long does an epoch take with batches of 100, 1,000 and 10,000 rows, and "
        "why?",
        "{batch_100[epoch_seconds]:.2f}, {batch_1000[epoch_seconds]:.2f} and "
        "{batch_10000[epoch_seconds]:.2f} s[[ (published: 22, 4 and 2 s)]]. The "
        "arithmetic is the same each time; what differs is what every update costs "
        "besides: the call from Python, the start of each operation, the step of the "
        "optimizer. Keras pays all of it for every batch. A compiled epoch is called "
        "from Python once, and the ratio of the first to the last of these times is "
        "{batch_ratio:.1f}.",
    ),
    Question(
        10,
        "How often are the weights updated in an epoch?",
        "As often as there are batches: {batch_100[updates]:,}, "
        "{batch_1000[updates]:,} and {batch_10000[updates]:,} times with batches of "
        "100, 1,000 and 10,000 rows, the last, smaller batch included.[[ The published "
        "5,348, 534 and 53 leave that one out.]]",
    ),
    Question(
        11,
        "What limits the batch size?",
        "Memory: the batch and the activations of every layer grow with it (part 3). "
        "Before that, usually, learning: fewer updates per epoch get less far, and the "
        "last rows of a large batch hardly change its mean gradient.",
    ),
    Question(
        12,
        "How do learning rate and batch size belong together?",
        "A larger batch has a less noisy gradient and makes fewer steps per epoch, so "
        "that the steps may, and must, be larger; a rule of thumb for SGD is to scale "
        "the rate with the batch size, up to a point. With {batch_100[n_epochs]} "
        "epochs and a rate of 0.1, test accuracy was {batch_100[accuracy]:.4f}, "
        "{batch_1000[accuracy]:.4f} and {batch_10000[accuracy]:.4f} at batch 100, "
        "1,000 and 10,000.",
    ),
    Question(
        13,
        "How many trainable parameters do the networks have?",
        "2 x 20: {part_09[2 x 20][trainable]:,}, that is (92 + 1) · 20 + (20 + 1) · 20 "
        "+ 21. 4 x 50: {part_09[4 x 50][trainable]:,}. Each unit has a weight for "
        "every input and a bias.",
    ),
    Question(
        14,
        "Why does batch normalisation matter in deep networks?",
        "Every layer learns on what the layers before it put out, and that moves with "
        "each step. Standardising it per batch keeps the activations in the range "
        "where they have a gradient, which sigmoid layers in a stack leave quickly, so "
        "that larger steps work. Test accuracy of the 2 x 20 network with it: "
        "{run_6[accuracy]:.4f}, without: {run_2[accuracy]:.4f}; of the 6 x 20 network "
        "{run_10_batch_norm[accuracy]:.4f} and {run_10[accuracy]:.4f}. The validation "
        "curves show its price: figures of single batches while training, moving "
        "averages while predicting, and the two can differ much from epoch to epoch.[[ "
        "Together with dropout it hurt the published run (about 0.84).]]",
    ),
    Question(
        15,
        "What does dropout do to the validation accuracy?",
        "It went from {run_9a[val_accuracy]:.4f} to {run_9b[val_accuracy]:.4f}[[ "
        "(published: {published[9a][val_accuracy]:.4f} to "
        "{published[9b][val_accuracy]:.4f})]]. Dropout acts against overfitting. A "
        "small network on many rows has little of it, and then the units that are "
        "missing in training rather cost accuracy.",
    ),
    Question(
        16,
        "And to the test accuracy?",
        "It went from {run_9a[accuracy]:.4f} to {run_9b[accuracy]:.4f}[[ (published: "
        "{published[9a][accuracy]:.4f} to {published[9b][accuracy]:.4f})]]. Validation "
        "and test rows are drawn alike, and neither was used for training, so that "
        "the two differ by chance only.",
    ),
    Question(
        17,
        "What is the best test accuracy, and of which configuration?",
        "The highest one in the table is {best_test[accuracy]:.4f}, "
        "{best_test[title]}[[ (published: {published[10 batch norm][accuracy]:.4f}, 6 "
        "x 20 with batch normalisation)]]. A best of many, chosen on the test rows, "
        "flatters. Chosen on the validation rows it is {best_validation[title]}, with "
        "{best_validation[val_accuracy]:.4f} there and {best_validation[accuracy]:.4f} "
        "on the test rows.",
    ),
    Question(
        18,
        "What are mean and standard deviation of the accuracy over 100 passes with "
        "dropout?",
        "{passes[mean]:.4f} and {passes[sd]:.4f}[[ (published: "
        "{published[passes][0]:.4f} and {published[passes][1]:.4f})]]. Each row draws "
        "its own units in every pass, so that the errors average out over the test "
        "rows: the figure tells mostly how many rows there are, and not how sure the "
        "network is. If one thinned network answers all rows, the accuracies of "
        "{passes[n]} such networks spread by {passes[thinned_sd]:.4f}.",
    ),
    Question(
        19,
        "What are mean and standard deviation over the ten folds?",
        "{folds[mean]:.4f} and {folds[sd]:.4f}[[ (published: {published[folds][0]:.4f} "
        "and {published[folds][1]:.4f})]].",
    ),
    Question(
        20,
        "How do dropout and cross-validation compare for uncertainty?",
        "Cross-validation trains ten networks ({folds[seconds]:.0f} s of training "
        "here) and tells how the accuracy of the whole procedure varies with the rows "
        "it learns from. Dropout trains one, and {passes[n]} passes take "
        "{passes[seconds]:.0f} s; it tells for every single row how far the answer "
        "depends on single units, at the time of prediction. Ten networks can also "
        "answer one row, as an ensemble, but someone must train and keep them.",
    ),
    Question(
        21,
        "What must be changed for regression?",
        "The output unit has no sigmoid, since the target is not a probability; the "
        "loss is the squared error instead of the cross-entropy; accuracy and class "
        "weights have no meaning and give way to an error in the unit of the target; "
        "the target is standardised like the columns. Here the network predicts the "
        "mean packet size of a host with R² {regression[r2_network]:.3f}, a linear "
        "model {regression[r2_linear]:.3f}, and the mean of the training rows "
        "{regression[r2_mean]:z.3f}.",
    ),
)
