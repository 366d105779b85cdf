"""Scoring of the language model: its weights go to the sandbox, tokens follow, logits come back."""
