"""The matrix of sensitivity in every form: text, JSON, a page, the tables of docs/sensitivity.md."""
