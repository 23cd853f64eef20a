#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""spectra.py [CASE...]: Fourier transforms and windows through the whole way, against NumPy in double
precision."""

import numpy as np

from operators import case, node, reals, run


def parts(z):
    return np.stack([z.real, z.imag], -1)


@case
def transforms():
    real, both = reals(3, 12, 5, 1), reals(3, 12, 5, 2)
    wide, number = real[..., 0].astype(np.float64), both[..., 0].astype(np.float64) + 1j * both[..., 1]
    for axis in (0, 1, 2, -2):
        place = axis if axis >= 0 else 2  # without the last dimension
        which = [None, np.int64(axis)]
        yield node("DFT", [real], parts(np.fft.fft(wide, axis=place)), which, opset=20)
        yield node("DFT", [both], parts(np.fft.fft(number, axis=place)), which, opset=20)
        yield node("DFT", [both], parts(np.fft.ifft(number, axis=place)), which, opset=20, inverse=1)
        yield node("DFT", [real], parts(np.fft.rfft(wide, axis=place)), which, opset=20, onesided=1)
        yield node("DFT", [both], np.fft.irfft(number, axis=place)[..., None], which, opset=20, onesided=1, inverse=1)
    yield node("DFT", [both], parts(np.fft.fft(number, axis=1)), opset=17)
    yield node("DFT", [both], parts(np.fft.ifft(number, axis=2)), opset=19, axis=2, inverse=1)


@case
def lengths():
    real, both = reals(2, 10, 1), reals(2, 10, 2)
    wide, number = real[..., 0].astype(np.float64), both[..., 0].astype(np.float64) + 1j * both[..., 1]
    for n in (1, 7, 10, 16, 33):
        yield node("DFT", [real], parts(np.fft.fft(wide, n, 1)), [np.int64(n)], opset=20)
        yield node("DFT", [both], parts(np.fft.ifft(number, n, 1)), [np.int64(n), np.int64(1)], opset=20, inverse=1)
        yield node("DFT", [real], parts(np.fft.rfft(wide, n, 1)), [np.int64(n)], opset=17, onesided=1)
        yield node("DFT", [both], np.fft.irfft(number, n, 1)[..., None], [np.int64(n)], opset=20, onesided=1, inverse=1)
    long = reals(1, 1000, 1)
    yield node("DFT", [long], parts(np.fft.rfft(long[..., 0].astype(np.float64), axis=1)), opset=20, onesided=1)
    # Every kind of butterfly, and a prime that is too long for one.
    for n in (2 * 3 * 4 * 5 * 7, 11 * 13, 17):
        signal = reals(2, n, 2)
        number = signal[..., 0].astype(np.float64) + 1j * signal[..., 1]
        yield node("DFT", [signal], parts(np.fft.fft(number, axis=1)), opset=20)


@case
def frames():
    x, window = reals(2, 50, 1), reals(16, low=0, high=1)
    for step, onesided in ((8, 1), (5, 0)):
        starts = range(0, 50 - 16 + 1, step)
        cut = np.stack([x[:, s:s + 16, 0].astype(np.float64) for s in starts], 1)
        transform = np.fft.rfft if onesided else np.fft.fft
        yield node("STFT", [x], parts(transform(cut)), [np.int64(step), None, np.int64(16)], onesided=onesided)
        want = parts(transform(cut * window))
        yield node("STFT", [x], want, [np.int64(step), window], onesided=onesided)
    both = reals(1, 40, 2)
    number = both[..., 0].astype(np.float64) + 1j * both[..., 1]
    cut = np.stack([number[:, s:s + 10] for s in range(0, 31, 10)], 1)
    yield node("STFT", [both], parts(np.fft.fft(cut)), [np.int64(10), None, np.int64(10)], onesided=0)


@case
def windows():
    for op, factors in (("HannWindow", (0.5, -0.5, 0)), ("HammingWindow", (25 / 46, -21 / 46, 0)),
                        ("BlackmanWindow", (0.42, -0.5, 0.08))):
        for periodic in (0, 1):
            for size in (2, 9, 16):
                turns = 2 * np.pi * np.arange(size) / (size if periodic else size - 1)
                want = sum(f * np.cos(i * turns) for i, f in enumerate(factors))
                yield node(op, [], want, [np.int64(size)], periodic=periodic)


run(whole_way=True)
