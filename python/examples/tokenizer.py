# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tokenizers in llama2.c's file format: int32 longest token, then for each token
float32 score, int32 length, that many bytes."""

import re
import struct

BOS, EOS = 1, 2


class Tokenizer:
    def __init__(self, path):
        with open(path, "rb") as file:
            raw = file.read()
        self.tokens, self.scores = [], []
        try:
            offset = 4
            while offset < len(raw):
                score, length = struct.unpack_from("<fi", raw, offset)
                text = raw[offset + 8 : offset + 8 + length]
                if length < 0 or len(text) != length:
                    raise struct.error
                self.tokens.append(text)
                self.scores.append(score)
                offset += 8 + length
        except struct.error:
            raise ValueError(f"{path}: token {len(self.tokens)} is cut off") from None
        self.ids = {text: id for id, text in reversed(list(enumerate(self.tokens)))}

    def piece(self, previous, token):
        """The bytes that `token` adds to a text after `previous`."""
        if token == BOS:
            return b""
        text = self.tokens[token]
        if previous == BOS and text.startswith(b" "):
            text = text[1:]
        byte = re.fullmatch(rb"<0x([0-9A-Fa-f]{2})>", text)
        return bytes([int(byte[1], 16)]) if byte else text

    def decode(self, tokens):
        """The text of a list of tokens that starts with BOS."""
        return b"".join(map(self.piece, tokens, tokens[1:])).decode(errors="replace")

    def encode(self, text):
        """BOS and the tokens of `text`: characters (bytes where one is no token), then the
        best-scored merge of two neighbours until none is left."""
        tokens = []
        for character in " " + text if text else "":
            known = self.ids.get(character.encode())
            # The 256 bytes stand behind the three special tokens.
            tokens += [known] if known is not None else [byte + 3 for byte in character.encode()]
        while True:
            merges = [(self.scores[id], -at, id) for at in range(len(tokens) - 1)
                      if (id := self.ids.get(self.tokens[tokens[at]] + self.tokens[tokens[at + 1]])) is not None]
            if not merges:
                return [BOS, *tokens]
            _, at, id = max(merges)
            tokens[-at : -at + 2] = [id]
