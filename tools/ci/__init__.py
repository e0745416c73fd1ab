"""What the workflows in .github/workflows run on GitHub's machines, beside make.

It needs Python and `gh` alone: a job that may write to GitHub installs no package, so that none can use its token.
"""
