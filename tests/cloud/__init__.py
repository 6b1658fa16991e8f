"""The local cloud: MiniStack with moto behind it, made real enough to be wrong in.

Start it from the root of the repository with `python -m tests.cloud --port 4566 --scale 60`.
Everything in it, the Lambdas included, lives by one virtual clock; `/_cloud/` is its control API.
"""
