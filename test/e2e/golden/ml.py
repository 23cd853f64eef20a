#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ml.py [CASE...]: operators of ai.onnx.ml, n-grams and optimisers through the whole way, against plain loops
in double precision."""

import numpy as np
from onnx import numpy_helper

from operators import RNG, case, node, reals, run, wholes

ML = dict(domain="ai.onnx.ml")
TRAINING = dict(domain="ai.onnx.preview.training", opset=1)
COMPARE = {"BRANCH_LEQ": np.less_equal, "BRANCH_LT": np.less, "BRANCH_GTE": np.greater_equal,
           "BRANCH_GT": np.greater, "BRANCH_EQ": np.equal, "BRANCH_NEQ": np.not_equal}


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def logistic(x):
    return 1 / (1 + np.exp(-x))


# Trees.

class Forest:
    """Random trees over `features` in the attributes of TreeEnsembleRegressor and -Classifier."""

    def __init__(self, trees, depth, features, targets, modes, low=-1.0):
        self.nodes, self.leaves, self.trees = [], [], trees
        for tree in range(trees):
            self.next = 0
            self.grow(tree, int(RNG.integers(0 if tree == 1 else 1, depth + 1)), features, targets, modes, low)

    def grow(self, tree, depth, features, targets, modes, low):
        number, self.next = self.next, self.next + 1
        row = dict(treeids=tree, nodeids=number, featureids=0, modes="LEAF", values=0.0, truenodeids=0, falsenodeids=0,
                   missing_value_tracks_true=0)
        self.nodes.append(row)
        if depth == 0:
            for target in range(targets):
                if target == 0 or RNG.random() < 0.7:
                    self.leaves.append((tree, number, target, float(np.float32(RNG.uniform(low, 1)))))
            return number
        row.update(featureids=int(RNG.integers(features)), modes=str(RNG.choice(modes)),
                   values=float(RNG.integers(-2, 3)), missing_value_tracks_true=int(RNG.integers(2)))
        row["truenodeids"] = self.grow(tree, depth - 1, features, targets, modes, low)
        row["falsenodeids"] = self.grow(tree, max(0, depth - 2), features, targets, modes, low)
        return number

    def attributes(self, what):
        result = {f"nodes_{key}": [row[key] for row in self.nodes] for key in self.nodes[0]}
        for position, key in enumerate(("treeids", "nodeids", "ids", "weights")):
            result[f"{what}_{key}"] = [leaf[position] for leaf in self.leaves]
        return result

    def scores(self, x, targets, combine, start):
        """What the leaves add to each target, folded with `combine`."""
        result = np.full((len(x), targets), start, np.float64)
        at = {(row["treeids"], row["nodeids"]): row for row in self.nodes}
        for sample, tree in np.ndindex(len(x), self.trees):
            row = at[tree, 0]
            while row["modes"] != "LEAF":
                value = x[sample, row["featureids"]]
                holds = COMPARE[row["modes"]](value, row["values"]) or (np.isnan(value) and row["missing_value_tracks_true"])
                row = at[tree, row["truenodeids" if holds else "falsenodeids"]]
            for of_tree, number, target, weight in self.leaves:
                if (of_tree, number) == (tree, row["nodeids"]):
                    result[sample, target] = combine(result[sample, target], weight)
        return result


def samples(count=40, features=5):
    """Whole numbers, so that equality happens, and some that are missing."""
    x = wholes(count, features, low=-2, high=3).astype(np.float32)
    x[RNG.random(x.shape) < 0.1] = np.nan
    return x


@case
def tree_regressors():
    x, greatest = samples(), float(np.finfo(np.float32).max)
    for modes in (["BRANCH_LEQ"], list(COMPARE)):
        forest = Forest(4, 5, 5, 2, modes)
        flags = dict(**forest.attributes("target"), **ML, opset=3, n_targets=2)
        total = forest.scores(x, 2, lambda a, b: a + b, 0)
        yield node("TreeEnsembleRegressor", [x], total, **flags)
        yield node("TreeEnsembleRegressor", [x], total / 4 + [0.5, -1], aggregate_function="AVERAGE", base_values=[0.5, -1.0], **flags)
        yield node("TreeEnsembleRegressor", [x], forest.scores(x, 2, min, greatest), aggregate_function="MIN", **flags)
        yield node("TreeEnsembleRegressor", [x], forest.scores(x, 2, max, -greatest), aggregate_function="MAX", **flags)
        yield node("TreeEnsembleRegressor", [x], softmax(total), post_transform="SOFTMAX", **flags)
        yield node("TreeEnsembleRegressor", [x], logistic(total), post_transform="LOGISTIC", **flags)


@case
def tree_classifiers():
    x = samples()
    forest = Forest(3, 4, 5, 3, ["BRANCH_LEQ", "BRANCH_GT"])
    scores = forest.scores(x, 3, lambda a, b: a + b, 0)
    flags = dict(**ML, opset=3, outputs=2)
    labels = np.array([7, -3, 12])
    yield node("TreeEnsembleClassifier", [x], [labels[scores.argmax(1)], softmax(scores)], post_transform="SOFTMAX",
               classlabels_int64s=labels, **forest.attributes("class"), **flags)
    # Two classes of which the trees score one: the weights' signs say whether they are probabilities.
    for low, border, other in ((-1.0, 0, lambda s: -s), (0.0, 0.5, lambda s: 1 - s)):
        forest = Forest(3, 4, 5, 1, ["BRANCH_LT"], low)
        score = forest.scores(x, 1, lambda a, b: a + b, 0)
        label = (score[:, 0] > border).astype(np.int64)
        both = np.concatenate([other(score), score], 1)
        yield node("TreeEnsembleClassifier", [x], [label, both], classlabels_int64s=[0, 1], **forest.attributes("class"), **flags)
    forest = Forest(3, 4, 5, 1, ["BRANCH_LT"])
    score = forest.scores(x, 1, lambda a, b: a + b, 0)
    yield node("TreeEnsembleClassifier", [x], [(score[:, 0] > 0).astype(np.int64), logistic(np.concatenate([-score, score], 1))],
               classlabels_int64s=[0, 1], post_transform="LOGISTIC", **forest.attributes("class"), **flags)


@case
def tree_ensemble():
    """x0 <= 1 ? (x1 in {2, 4} ? 10 : 20) : (x1 > 3 ? 30 : 40), and a tree that is one leaf."""
    x = np.array([[0, 2], [1, 3], [1, 4], [2, 3], [2, 5], [np.nan, 5], [0, np.nan]], np.float32)
    tensor = lambda values, dtype=np.float32: numpy_helper.from_array(np.array(values, dtype))
    want = np.array([10, 20, 10, 40, 30, 30, 10], np.float64) + 0.5
    yield node("TreeEnsemble", [x], want[:, None], **ML, opset=5, n_targets=1, aggregate_function=1, post_transform=0,
               tree_roots=[0, 3], nodes_featureids=[0, 1, 1, 0], nodes_modes=tensor([0, 6, 3, 0], np.uint8),
               nodes_splits=tensor([1, 0, 3, 0]), nodes_truenodeids=[1, 0, 2, 4], nodes_trueleafs=[0, 1, 1, 1],
               nodes_falsenodeids=[2, 1, 3, 4], nodes_falseleafs=[0, 1, 1, 1], leaf_targetids=[0] * 5,
               leaf_weights=tensor([10, 20, 30, 40, 0.5]), membership_values=tensor([2, 4, np.nan]),
               nodes_missing_value_tracks_true=[0, 1, 0, 0])


# Linear models and support vector machines.

@case
def linear_models():
    x, weights, bias = reals(20, 6), reals(3, 6), reals(3)
    scores = x.astype(np.float64) @ weights.T + bias
    flags = dict(coefficients=weights.ravel().tolist(), intercepts=bias.tolist(), **ML, opset=1)
    yield node("LinearRegressor", [x], scores, targets=3, **flags)
    for name, function in (("NONE", lambda s: s), ("SOFTMAX", softmax), ("LOGISTIC", logistic)):
        yield node("LinearClassifier", [x], [np.array([4, 5, 9])[scores.argmax(1)], function(scores)], outputs=2,
                   classlabels_ints=[4, 5, 9], post_transform=name, **flags)
    one = scores[:, :1]
    yield node("LinearClassifier", [x], [(one[:, 0] > 0).astype(np.int64), logistic(np.concatenate([-one, one], 1))],
               outputs=2, classlabels_ints=[0, 1], post_transform="LOGISTIC", coefficients=weights[0].tolist(),
               intercepts=bias[:1].tolist(), **ML, opset=1)


def kernel(name, x, vectors, gamma, coefficient, degree):
    x, vectors = x.astype(np.float64), vectors.astype(np.float64)
    if name == "RBF":
        return np.exp(-gamma * ((x[:, None] - vectors) ** 2).sum(2))
    product = x @ vectors.T
    inner = product * gamma + coefficient
    return {"LINEAR": product, "POLY": inner ** degree, "SIGMOID": np.tanh(inner)}[name]


@case
def support_vectors():
    x, vectors, weights = reals(12, 4, low=-1, high=1), reals(7, 4, low=-1, high=1), reals(7)
    for name in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        flags = dict(kernel_type=name, kernel_params=[0.25, 0.5, 3.0], support_vectors=vectors.ravel().tolist(), **ML, opset=1)
        values = kernel(name, x, vectors, 0.25, 0.5, 3)
        scores = values @ weights.astype(np.float64) + 0.125
        yield node("SVMRegressor", [x], scores[:, None], n_supports=7, coefficients=weights.tolist(), rho=[0.125], **flags)
        yield node("SVMRegressor", [x], np.where(scores > 0, 1.0, -1.0)[:, None], n_supports=7, one_class=1,
                   coefficients=weights.tolist(), rho=[0.125], **flags)
        per_class, rho, coefficients = (2, 3, 2), (0.1, -0.2, 0.3), reals(2, 7)
        of_class = np.repeat(np.arange(3), per_class)
        votes, duels = np.zeros((12, 3)), []
        for (i, j), offset in zip(((0, 1), (0, 2), (1, 2)), rho):
            s = values[:, of_class == i] @ coefficients[j - 1, of_class == i].astype(np.float64)
            s = s + values[:, of_class == j] @ coefficients[i, of_class == j].astype(np.float64) + np.float32(offset)
            votes[:, i] += s > 0
            votes[:, j] += s <= 0
            duels.append(s)
        yield node("SVMClassifier", [x], [np.array([3, 1, 2])[votes.argmax(1)], np.stack(duels, 1)], outputs=2,
                   classlabels_ints=[3, 1, 2], vectors_per_class=per_class, coefficients=coefficients.ravel().tolist(),
                   rho=rho, **flags)

    # Of two classes, the first wins where the score is positive; the scores are the other way round.
    weights = reals(1, 5)
    score = kernel("RBF", x, vectors[:5], 0.25, 0, 0) @ weights[0].astype(np.float64) - np.float32(0.3)
    both = np.stack([-score, score], 1)
    for name, want in (("NONE", both), ("LOGISTIC", logistic(both))):
        yield node("SVMClassifier", [x], [np.where(score > 0, 3, 7), want], outputs=2, classlabels_ints=[3, 7], vectors_per_class=[2, 3],
                   coefficients=weights.ravel().tolist(), rho=[-0.3], kernel_type="RBF", kernel_params=[0.25, 0.0, 0.0],
                   support_vectors=vectors[:5].ravel().tolist(), post_transform=name, **ML, opset=1)


# Features.

@case
def features():
    x = reals(6, 5)
    i = wholes(4, 5, low=-2, high=4)
    yield node("Scaler", [x], (x.astype(np.float64) - 0.5) * [1, 2, 3, 4, 5], offset=[0.5], scale=[1.0, 2, 3, 4, 5], **ML, opset=1)
    yield node("Binarizer", [x], (x > 0.25).astype(np.float32), threshold=0.25, **ML, opset=1)
    wide = np.concatenate([x.astype(np.float64), np.zeros((1, 5))])
    for norm, sums in (("MAX", wide.max(1)), ("L1", abs(wide).sum(1)), ("L2", np.sqrt((wide ** 2).sum(1)))):
        want = wide / np.where(sums == 0, 1, sums)[:, None]
        yield node("Normalizer", [wide.astype(np.float32)], want, norm=norm, **ML, opset=1)
    gaps = x.copy()
    gaps[1, 2] = gaps[3, 4] = np.nan
    filled = np.where(np.isnan(gaps), np.arange(5, dtype=np.float32), gaps)
    yield node("Imputer", [gaps], filled, imputed_value_floats=np.arange(5.0).tolist(), replaced_value_float=float("nan"), **ML, opset=1)
    yield node("Imputer", [i], np.where(i == 3, 8, i), imputed_value_int64s=[8], replaced_value_int64=3, **ML, opset=1)
    yield node("OneHotEncoder", [i], (i[..., None] == np.array([3, -1, 0])).astype(np.float32), cats_int64s=[3, -1, 0], **ML, opset=1)
    yield node("FeatureVectorizer", [x[:4], i], np.concatenate([x[:4, :3], i], 1).astype(np.float32), inputdimensions=[3, 5], **ML, opset=1)
    places = np.array([4, 0, 0], np.int64)
    yield node("ArrayFeatureExtractor", [x, places], x[:, places], **ML, opset=1)
    yield node("ArrayFeatureExtractor", [x], x[:, places], [places], **ML, opset=1)


@case
def labels():
    x = np.array([[3, 5, -1], [8, 3, 4]], np.int64)
    yield node("LabelEncoder", [x], np.vectorize({3: 30, 5: 50, 8: 80}.get)(x, -7), keys_int64s=[3, 5, 8],
               values_int64s=[30, 50, 80], default_int64=-7, **ML, opset=2)
    yield node("LabelEncoder", [x], np.vectorize({3: 0.5, 4: 1.5}.get)(x, 2.5).astype(np.float32), keys_int64s=[3, 4],
               values_floats=[0.5, 1.5], default_float=2.5, **ML, opset=2)
    f = np.array([0.5, np.nan, -1.25, 7], np.float32)
    yield node("LabelEncoder", [f], np.array([1, 2, 3, -1]), keys_floats=[0.5, float("nan"), -1.25], values_int64s=[1, 2, 3], **ML, opset=4)


@case
def n_grams():
    x = wholes(3, 12, low=0, high=5, dtype=np.int64)
    pool = [[[2], [3]], [[1, 2], [3, 3], [0, 4]], [[1, 2, 3]]]
    outputs, weights = [4, 0, 2, 6, 1, 3], [0.5, 2, 3, 1, 7, 0.25]
    for least, most, skip in ((1, 1, 0), (1, 2, 1), (2, 3, 0), (1, 3, 3)):
        counts = np.zeros((3, 7))
        for row in range(3):
            flat = [(size, gram) for size, grams in enumerate(pool, 1) for gram in grams]
            for output, (size, gram) in zip(outputs, flat):
                if least <= size <= most:
                    for distance in range(1, 2 if size == 1 else skip + 2):
                        for start in range(12 - (size - 1) * distance):
                            counts[row, output] += list(x[row, start:start + size * distance:distance][:size]) == gram
        flags = dict(min_gram_length=least, max_gram_length=most, max_skip_count=skip, ngram_counts=[0, 2, 8],
                     ngram_indexes=outputs, pool_int64s=[item for grams in pool for gram in grams for item in gram])
        yield node("TfIdfVectorizer", [x], counts, mode="TF", **flags)
        factors = np.zeros(7)  # weights go by n-gram, not by output
        factors[outputs] = weights
        yield node("TfIdfVectorizer", [x], (counts > 0) * factors, mode="IDF", weights=weights, **flags)
        yield node("TfIdfVectorizer", [x[0].astype(np.int32)], counts[0] * factors, mode="TFIDF", weights=weights, **flags)


# Optimisers.

@case
def optimisers():
    rate, x, y = np.array(0.1, np.float32), reals(3, 4), reals(5)
    gradients, kept, squares = [reals(3, 4), reals(5)], [reals(3, 4), reals(5)], [reals(3, 4, low=0), reals(5, low=0)]
    tensors = [x, y]
    wide = lambda arrays: [a.astype(np.float64) for a in arrays]
    regular = [0.01 * t + g for t, g in zip(wide(tensors), wide(gradients))]
    for step in (0, 3):
        t = np.array(step, np.int64)
        h = [s + g * g for s, g in zip(wide(squares), regular)]
        new = [p - 0.1 / (1 + step * 0.5) * g / (np.sqrt(s) + 1e-3) for p, g, s in zip(wide(tensors), regular, h)]
        yield node("Adagrad", [rate, t, *tensors, *gradients, *squares], [*new, *h], outputs=4, decay_factor=0.5,
                   epsilon=1e-3, norm_coefficient=0.01, **TRAINING)
        v = [0.9 * k + (0.5 if step else 1) * g for k, g in zip(wide(kept), regular)]
        for mode in ("standard", "nesterov"):
            way = v if mode == "standard" else [g + 0.9 * k for g, k in zip(regular, v)]
            yield node("Momentum", [rate, t, *tensors, *gradients, *kept], [*(p - 0.1 * w for p, w in zip(wide(tensors), way)), *v],
                       outputs=4, alpha=0.9, beta=0.5, mode=mode, norm_coefficient=0.01, **TRAINING)
        v = [0.9 * k + 0.1 * g for k, g in zip(wide(kept), regular)]
        h = [0.75 * s + 0.25 * g * g for s, g in zip(wide(squares), regular)]
        corrected = 0.1 * np.sqrt(1 - 0.75 ** step) / (1 - 0.9 ** step) if step else 0.1
        new = [0.95 * (p - corrected * k / (np.sqrt(s) + 1e-3)) for p, k, s in zip(wide(tensors), v, h)]
        yield node("Adam", [rate, t, *tensors, *gradients, *kept, *squares], [*new, *v, *h], outputs=6, alpha=0.9,
                   beta=0.75, epsilon=1e-3, norm_coefficient=0.01, norm_coefficient_post=0.05, **TRAINING)


run(whole_way=True)
