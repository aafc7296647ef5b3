"""The rules of language: questions to plans, evidence to claims. Pure."""
