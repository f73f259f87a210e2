# Small vocabularies of the two kinds, trained on texts.corpus(): imported by make_tiny_models.py. Each returns GGUF metadata without the prefix
# "tokenizer.ggml.". Made with tokenizers 0.23.3, sentencepiece 0.2.1.
import io

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

import texts

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def bpe(size, control, whole_words=()):
    """`size` tokens: bytes and merges, then `whole_words` (in the byte alphabet; no merge makes them), then the control tokens."""
    learned = size - len(control) - len(whole_words)
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.train_from_iterator(texts.corpus(), trainers.BpeTrainer(vocab_size=learned, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    import json

    model = json.loads(tok.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [" ".join(m) for m in model["merges"]]
    assert len(tokens) == learned and not set(whole_words) & set(tokens)
    tokens += list(whole_words) + list(control)
    return {"tokens": tokens, "token_type": [NORMAL] * (size - len(control)) + [CONTROL] * len(control), "merges": merges}


def spm(size, control, user_defined):
    """A SentencePiece model of Gemma's kind: pad 0, eos 1, bos 2, unk 3, byte fallback, no space in front, digits apart."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for t in texts.corpus() for line in t.split("\n") if "\0" not in line]), model_writer=model, model_type="bpe", vocab_size=size, byte_fallback=True,
        normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_digits=True,
        character_coverage=0.98, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
        control_symbols=list(control), user_defined_symbols=list(user_defined), minloglevel=2,
    )
    return model.getvalue()


def spm_metadata(serialized):
    m = sentencepiece_model_pb2.ModelProto.FromString(serialized)
    # As llama.cpp's converter writes them: user-defined pieces with real spaces and a score that no merge would reach.
    return {
        "tokens": [p.piece.replace("\u2581", " ") if p.type == USER_DEFINED else p.piece for p in m.pieces],
        "scores": [p.score if p.type in (NORMAL, BYTE) else -1000.0 for p in m.pieces],
        "token_type": [int(p.type) for p in m.pieces],
    }


def spm_model(tokens, scores, types, add_dummy_prefix):
    """The SentencePiece model that GGUF metadata describes (the other direction)."""
    m = sentencepiece_model_pb2.ModelProto()
    m.trainer_spec.model_type = 2
    m.trainer_spec.byte_fallback = True
    m.trainer_spec.unk_id, m.trainer_spec.bos_id, m.trainer_spec.eos_id, m.trainer_spec.pad_id = 3, 2, 1, 0
    m.trainer_spec.bos_piece, m.trainer_spec.eos_piece, m.trainer_spec.pad_piece = "<bos>", "<eos>", "<pad>"
    m.normalizer_spec.name = "identity"
    m.normalizer_spec.add_dummy_prefix = add_dummy_prefix
    m.normalizer_spec.remove_extra_whitespaces = False
    for text, score, kind in zip(tokens, scores, types):
        p = m.pieces.add()
        p.piece = text.replace(" ", "\u2581") if kind == USER_DEFINED else text
        p.score = score if kind == NORMAL else 0.0
        p.type = UNKNOWN if text == "<unk>" else kind
    return m
